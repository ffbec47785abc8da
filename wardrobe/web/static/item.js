// One item: its picture, its photos, what is known of it, and what a person can say of it.
import { h, $, button, icon, note, tile, day, month, plural, capital, preview } from "./dom.js";
import { get, post } from "./api.js";
import { closet, listen, words } from "./closetful.js";
import { done, oops, toast } from "./toast.js";
import { askText, compare, pick, show, showPhoto } from "./dialogs.js";
import { provenance } from "./provenance.js";

export async function enter(root, { go, path }) {
  const id = path.slice("/item/".length);
  let item = await get(`/api/items/${id}`).catch((e) => {
    if (e.status !== 404) throw e;
    return null;
  });
  if (!item) { root.append(note("Not in the closet", "This item isn't here any more: its photos may have been moved away, or a run found it anew.", h("a.button.main", { href: "/" }, "To the closet"))); return () => {}; }
  if (item.id !== id) go(`/item/${item.id}`, { replace: true });
  await words();
  draw();

  async function again() {
    try {
      const before = item;
      item = await get(`/api/items/${item.id}`);
      if (JSON.stringify({ ...before, version: item.version }) === JSON.stringify(item)) return; // what is open on the page stays so
      if (location.pathname !== `/item/${item.id}` && location.pathname.startsWith("/item/")) history.replaceState(history.state, "", `/item/${item.id}`);
      draw();
    } catch (e) {
      if (e.status === 404) root.replaceChildren(note("Not in the closet any more", e.message, h("a.button.main", { href: "/" }, "To the closet")));
      else oops(e);
    }
  }

  /** Say something; when another tab was first, show what it is now and tell. */
  async function say(what, body, text) {
    try {
      const answer = await post(`/api/items/${item.id}/${what}`, { mark: item.mark, ...body });
      done(text, answer, again);
      if (answer.items[0] && answer.items.length === 1) item.id = answer.items[0];
      await again();
      return answer;
    } catch (e) {
      oops(e);
      if (e.status === 412) {
        if (e.more.item) item.id = e.more.item;
        await again();
      }
      return null;
    }
  }

  async function rename() {
    const name = await askText("Rename", "Name", item.name);
    if (name && name !== item.name) await say("name", { name }, `Named “${name}”.`);
  }

  async function relabel() {
    const { categories } = closet.words;
    const value = await show("What is it?", (close) => h("div.kinds", {}, Object.entries(categories).map(([category, types]) =>
      h("fieldset", {}, h("legend", {}, capital(category)), h("div.chips", {},
        h("button.chip", { type: "button", "aria-pressed": String(item.category === category && !item.type), onclick: () => close(category) }, capital(category)),
        types.filter((t) => t !== category).map((t) => h("button.chip", { type: "button", "aria-pressed": String(item.category === category && item.type === t), onclick: () => close(`${category}/${t}`) }, capital(t))))))), { wide: true });
    if (value) await say("label", { category: value }, `It is ${value.split("/").at(-1)} now.`);
  }

  async function hide() {
    const answer = await say("hide", {}, `Hid “${item.name}”.`);
    if (answer && !answer.waits) go("/");
  }

  async function merge() {
    const other = await pick("Which is the same garment?", (i) => i.id !== item.id && i.category === item.category);
    if (!other) return;
    const answer = await compare([item.id, other]);
    if (answer) { item.id = answer.items[0] ?? item.id; again(); }
  }

  async function split() {
    const out = new Set();
    const chosen = await show("Take photos out", (close) => {
      const go = button("Take out", "split", () => close([...out]), { class: "main", disabled: true });
      const count = h("span.soft.grow", {}, "Choose the photos that show another garment.");
      const flip = (g, el) => {
        if (!out.delete(g.id)) out.add(g.id);
        el.setAttribute("aria-pressed", String(out.has(g.id)));
        go.disabled = !out.size || out.size === item.garments.length;
        count.textContent = out.size === item.garments.length ? "One photo at least must stay." : `${plural(out.size, "photo")} become an item of their own.`;
      };
      return [h("div.shots.large", {}, item.garments.map((g) => {
        const el = h("button.shot", { type: "button", "aria-pressed": "false", "aria-label": `Photo of ${day(g.taken)}`, onclick: () => flip(g, el) },
          h("img", { src: preview(g.preview), alt: "" }), h("span.facts", {}, day(g.taken)));
        return el;
      })), h("div.row.stick", {}, count, button("Cancel", null, () => close()), go)];
    }, { wide: true });
    if (!chosen?.length) return;
    const stays = item.garments.find((g) => !chosen.includes(g.id));
    const answer = await say("split", { garments: chosen }, `Took ${plural(chosen.length, "photo")} out, as an item of their own.`);
    if (answer && !answer.waits) go(`/item/${stays.id}`, { replace: true });
  }

  function draw() {
    document.title = `${item.name} · Wardrobe`;
    const facts = [
      ["Kind", capital([item.category, item.type].filter(Boolean).join(", ")) + (item.confidence < 0.6 ? ", not quite sure" : "")],
      ["Colours", h("span.swatches", {}, item.colours.map((c) => h("span", {}, h("i.dot", { css: { background: c.hex } }), c.name)))],
      item.pattern && ["Pattern", capital(item.pattern)], item.sleeve && ["Sleeves", item.sleeve === "none" ? "None" : capital(item.sleeve)],
      ["Worn", item.first ? `${item.worn === 1 ? "On one day" : `On ${item.worn} days`}, ${item.first === item.last ? day(item.first) : `${day(item.first)} to ${day(item.last)}`}` : plural(item.photos, "photo") + " without a date"],
      item.seasons.length > 0 && ["In", item.seasons.join(", ")],
    ].filter(Boolean);
    root.replaceChildren(h("article.wide.item", {},
      h("a.backlink", { href: "/" }, icon("back"), "Closet"),
      h("div.hero", {}, provenance(item), h("div.about", {},
        h("h1", {}, item.name), item.hidden && h("p.flag", {}, "Hidden: it is in no list. Undo it under “What you said of it”."),
        item.why_flagged && h("p.flag", {}, `Worth a look: ${item.why_flagged}.`),
        h("dl", {}, facts.flatMap(([k, v]) => [h("dt", {}, k), h("dd", {}, v)])),
        h("div.row.acts", {}, button("Rename", "pencil", rename), button("Relabel", "tag", relabel), button("Merge", "merge", merge),
          item.garments.length > 1 && button("Split", "split", split), !item.hidden && button("Hide", "hide", hide)),
        h("div.row.acts", {}, h("a.button.main", { href: `/outfits?item=${item.id}` }, icon("outfit"), "Wear it with …"),
          h("a.button", { href: `/try-on?item=${item.id}` }, icon("mirror"), "Try it on")))),
      photos(), calendar(), beside(), heard()));
  }

  function photos() {
    return h("section", {}, h("h2", {}, plural(item.garments.length, "photo")), h("div.shots.large", {}, item.garments.map((g, n) =>
      h("figure", {}, h("button.shot", { type: "button", onclick: () => showPhoto(g, item), "aria-label": `Open the photo of ${day(g.taken)} with the mask` },
        h("img", { src: preview(g.preview), alt: "", loading: "lazy" }), outline(g)),
        h("figcaption.facts", {}, h("span.grow", {}, day(g.taken)),
          n === 0 ? h("span.pill", {}, "Cover") : button("Make cover", null, () => say("cover", { garment: g.id }, "Another photo stands for it now."), { class: "plain small", title: "Let this photo stand for the item" }))))));
  }

  function outline(g) {
    if (!g.outline) return null;
    const [x0, y0, x1, y1] = g.outline;
    return h("span.box", { css: { left: `${100 * x0}%`, top: `${100 * y0}%`, width: `${100 * (x1 - x0)}%`, height: `${100 * (y1 - y0)}%` } });
  }

  function calendar() {
    if (!item.days.length) return null;
    const by = Map.groupBy ? Map.groupBy(item.days, (d) => d.slice(0, 7)) : item.days.reduce((m, d) => m.set(d.slice(0, 7), [...(m.get(d.slice(0, 7)) ?? []), d]), new Map());
    return h("section", {}, h("h2", {}, "Worn on"), h("ul.days", {}, [...by].reverse().map(([m, days]) =>
      h("li", {}, h("span.soft", {}, month(`${m}-01`)), days.map((d) => h("time", { dateTime: d, title: day(d) }, Number(d.slice(8))))))));
  }

  function beside() {
    if (!item.worn_with.length) return null;
    return h("section", {}, h("h2", {}, "Worn with"), h("div.strip", { tabIndex: 0, role: "group", "aria-label": "Worn with" }, item.worn_with.map((o) =>
      h("a.card", { href: `/item/${o.id}` }, tile(o.thumb, 140), h("span.name", {}, o.name), h("span.facts", {}, plural(o.photos, "photo"))))));
  }

  function heard() {
    if (!item.said.length) return null;
    return h("section", {}, h("h2", {}, "What you said of it"), h("ul.said", {}, item.said.map((act) => line(act, again))));
  }

  const stop = listen((what) => { if (what === "items") again(); });
  return stop;
}

const STATES = { undone: "taken back", waiting: "waits for its photos", overruled: "overruled by something newer" };

/** One act with the way back, wherever acts are listed. */
export function line(act, after) {
  const undo = async () => {
    try {
      const answer = await post("/api/undo", { number: act.number });
      done("Taken back.", answer, after);
      after();
    } catch (e) { oops(e); after(); }
  };
  return h("li", { class: act.state === "undone" ? "gone" : "" }, h("span.grow", {}, act.text,
    STATES[act.state] ? h("span.pill", {}, STATES[act.state]) : ""), h("time.soft", { dateTime: act.at }, day(act.at)),
    act.state !== "undone" ? button("Undo", "undo", undo, { class: "plain small" }) : "");
}
