// The product's measures from what this closet noted, and how to be rid of it.
import { h, button, day, plural } from "./dom.js";
import { get, post } from "./api.js";
import { load } from "./closetful.js";
import { oops, toast } from "./toast.js";
import { show } from "./dialogs.js";

const TOLD = {
  "retention at day 7": "Came back a week after the first visit",
  "retention at day 30": "Came back a month after the first visit",
  "visits with an outfit action": "Visits in which an outfit was made, saved or shared",
  "outfit creators who try on": "Of those who make outfits, who tries one on",
  "try-ons completed": "Try-ons that were looked at, saved or shared",
  "try-on repeated on a later day": "Of those who tried on, who did it again another day",
};

export async function enter(root, { go }) {
  async function draw() {
    const state = await get("/api/insights");
    const noted = Object.values(state.events).reduce((a, b) => a + b, 0);
    root.replaceChildren(h("div.wide.narrowpage", {}, h("h1", {}, "Insights"),
      h("p.soft", {}, "How the closet is used, counted on this machine and kept in the closet's own store. Nothing of it is ever sent anywhere."),
      h("ul.measures", {}, state.measures.map((m) => h("li", {}, h("div.row", {}, h("span.grow", {}, TOLD[m.name] ?? m.name),
        h("strong", {}, m.value === null ? "–" : `${Math.round(m.value * 100)} %`)),
      h("div.meter", { role: "img", "aria-label": m.value === null ? "Nothing to count yet" : `${Math.round(m.value * 100)} percent${m.target ? `, target ${Math.round(m.target * 100)} percent` : ""}` },
        h("i", { css: { width: `${100 * (m.value ?? 0)}%` } }), m.target ? h("b", { css: { left: `${100 * m.target}%` } }) : ""),
      h("p.facts", {}, [m.value === null ? "nothing to count yet" : `of ${m.of}`, m.target && `target ${Math.round(m.target * 100)} %`].filter(Boolean).join(" · "))))),
      h("section", {}, h("h2", {}, "What is counted"), h("p.soft", {}, noted ? `${plural(noted, "event")} since ${day(state.since)}: ${Object.entries(state.events).map(([k, n]) => `${k} ${n}`).join(", ")}. Only the kind and the time, never what was typed or shown.` : "Nothing has been counted yet."),
        h("label.row.switch", {}, h("input", { type: "checkbox", role: "switch", checked: state.counting, onchange: async (e) => { try { await post("/api/insights/switch", { on: e.target.checked }); } catch (x) { oops(x); } draw(); } }), h("span", {}, "Count on this machine"))),
      h("section", {}, h("h2", {}, "Delete my data"), h("div.row", {}, button("Delete what was counted", "bin", () => erase("events")), button("Delete the whole wardrobe", "bin", () => erase("wardrobe"), { class: "bad" })))));
  }

  async function erase(what) {
    const text = what === "events" ? "Everything that was counted is deleted for good. Your closet stays as it is."
      : "The catalogue, all pictures of items, everything you said, your outfits, try-ons and the photos dropped here are deleted for good. Photos in your own folders are not touched.";
    const sure = await show(what === "events" ? "Delete what was counted?" : "Delete the whole wardrobe?", (close) => {
      const word = h("input", { type: "text", autocomplete: "off", autofocus: true, "aria-label": "Type delete", pattern: "delete", required: true });
      return h("form", { onsubmit: (e) => { e.preventDefault(); close(word.value); } }, h("p", {}, text), h("label.field", {}, h("span", {}, "Type “delete” to go on"), word),
        h("div.row.end", {}, button("Cancel", null, () => close()), h("button.button.bad", { type: "submit" }, "Delete for good")));
    });
    if (sure !== "delete") return;
    try {
      await post("/api/insights/erase", { what, sure });
      toast("Deleted.");
      if (what === "wardrobe") { await load(); go("/"); } else draw();
    } catch (e) { oops(e); }
  }
  await draw();
  return () => {};
}
