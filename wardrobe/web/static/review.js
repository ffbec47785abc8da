// The same garment? One pair after the other, by key or by hand.
import { h, button, icon, note, tile, preview, day, plural, capital, announce } from "./dom.js";
import { get, post } from "./api.js";
import { listen } from "./closetful.js";
import { oops, toast } from "./toast.js";
import { showPhoto } from "./dialogs.js";

export async function enter(root) {
  let state = await get("/api/review");
  const began = { left: state.left, items: state.items };
  const acts = []; // numbers of what was answered here, and null for what was skipped
  let busy = false;
  const head = h("div.wide.reviewhead");
  const stage = h("div.wide");
  root.append(head, stage);

  async function again() { state = await get("/api/review"); draw(); }

  async function answer(same) {
    const [q] = state.questions;
    if (!q || busy) return;
    busy = true;
    stage.classList.add("busy");
    try {
      const said = await post("/api/review/answer", { a: q.a, b: q.b, same });
      acts.push(said.number);
      announce(same ? "Joined." : "Kept apart.");
      await again();
    } catch (e) {
      oops(e);
      if (e.status === 412) await again();
    } finally { busy = false; stage.classList.remove("busy"); }
  }

  async function skip() {
    const [q] = state.questions;
    if (!q || busy) return;
    busy = true;
    try {
      await post("/api/review/skip", { a: q.a, b: q.b });
      announce("Skipped.");
      await again();
    } catch (e) { oops(e); if (e.status === 412) await again(); } finally { busy = false; }
  }

  async function undo() {
    if (busy) return;
    let number = acts.pop();
    busy = true;
    try {
      if (number === undefined) {
        const [last] = (await get("/api/history", { limit: 20 })).filter((a) => ["same", "different"].includes(a.kind) && a.state !== "undone");
        if (!last) { toast("Nothing to take back."); return; }
        number = last.number;
      }
      await post("/api/undo", { number });
      announce("Taken back.");
      await again();
    } catch (e) { oops(e); await again(); } finally { busy = false; }
  }

  function draw() {
    const q = state.questions[0];
    const answered = state.joined + state.apart;
    const share = answered + state.left ? answered / (answered + state.left) : 1;
    const fewer = began.items - state.items;
    if (!state.items) head.replaceChildren(h("h1.unseen", {}, "One garment?"));
    else head.replaceChildren(h("h1", {}, "One garment?"), h("p.soft", {}, [
      `${state.left ? plural(state.left, "question") : "No question"} left`,
      answered && `${state.joined} joined, ${state.apart} kept apart`,
      fewer > 0 && `${plural(fewer, "double")} gone from the closet since you began`,
    ].filter(Boolean).join(" · ")),
    h("progress", { value: share, max: 1, "aria-label": "Answered" }));
    if (!q) {
      stage.replaceChildren(note(state.items ? "All questions are answered" : "No questions yet",
        state.items ? `Your answers hold for every run to come, whatever the models learn. ${answered ? `${state.joined} pairs were joined and ${state.apart} kept apart.` : ""}`
          : "When photos have been looked at, what the closet isn't sure of is asked here.",
        h("a.button.main", { href: state.items ? "/" : "/photos" }, state.items ? "To the closet" : "Add photos"),
        acts.length ? button("Undo the last", "undo", undo) : ""));
      return;
    }
    const one = q.sides[0].id === q.sides[1].id; // a group that may be two garments
    stage.replaceChildren(
      h("p.why", {}, `Asked because ${q.why}.`, one ? " Both photos are of one item now; a no takes it apart." : ""),
      h("div.sides", {}, q.sides.map((item) => h("article.side", {},
        h("div.pairviews", { class: one ? "one" : "" }, !one && tile(item.thumb, 360, { eager: true }), h("button.shot", { type: "button", onclick: () => showPhoto(item.garments[0], item), "aria-label": `Open the photo of ${item.name}` },
          h("img", { src: preview(item.garments[0].preview), alt: "" }))),
        h("h2", {}, h("a", { href: `/item/${item.id}` }, item.name)),
        h("p.soft", {}, [capital(item.type || item.category), plural(item.photos, "photo"), item.first ? (item.first === item.last ? day(item.first) : `${day(item.first)} to ${day(item.last)}`) : "no dates"].join(" · ")),
        !one && item.garments.length > 1 && h("div.shots", {}, item.garments.slice(1, 5).map((g) => h("button.shot", { type: "button", onclick: () => showPhoto(g, item), "aria-label": `Open the photo of ${day(g.taken)}` }, h("img", { src: preview(g.preview), alt: "" }))))))),
      h("div.row.middle.answers", {},
        h("button.button.big", { type: "button", onclick: () => answer(false) }, "No", h("kbd", {}, "N")),
        h("button.button.big.main", { type: "button", onclick: () => answer(true) }, "Yes, one garment", h("kbd", {}, "Y")),
        h("button.button.big", { type: "button", onclick: skip }, "Skip", h("kbd", {}, "S")),
        h("button.button.big", { type: "button", onclick: undo }, icon("undo"), "Undo", h("kbd", {}, "U"))));
  }

  const keys = (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, textarea, select") || document.querySelector("dialog[open]")) return;
    const act = { y: () => answer(true), n: () => answer(false), s: skip, u: undo }[e.key.toLowerCase()];
    if (act) { e.preventDefault(); act(); }
  };
  addEventListener("keydown", keys);
  const stop = listen((what) => { if (what === "items" && !busy) again().catch(oops); });
  draw();
  return () => { removeEventListener("keydown", keys); stop(); };
}
