// Outfits: a figure of slots to fill, ideas for the rest, and what was saved.
import { h, $, button, round, icon, note, tile, plural, day, capital, announce } from "./dom.js";
import { get, post, search, handOut } from "./api.js";
import { closet, listen, load, words } from "./closetful.js";
import { oops, toast } from "./toast.js";
import { askText, pick } from "./dialogs.js";

const NAMES = { top: "Top", dress: "Dress", bottom: "Bottom", outerwear: "Over it", footwear: "Shoes", bag: "Bag", accessory: "Accessories" };
const KEY = "outfit";

function stored() {
  try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; }
}
function keep(ids) {
  try { localStorage.setItem(KEY, JSON.stringify(ids)); } catch { /* only for this page, then */ }
}

export async function enter(root, { go }) {
  await Promise.all([load(closet.version >= 0 ? closet.version : null), words()]);
  const given = new URLSearchParams(location.search).getAll("item");
  const here = (id) => { const i = closet.items.get(id); return i && !i.hidden; };
  let pieces = fitted((given.length ? given : stored()).filter(here));
  let ideas = null;
  let turn = 0;
  let coat = false;
  if (given.length) history.replaceState(history.state, "", "/outfits");

  if (![...closet.items.values()].some((i) => !i.hidden)) {
    root.append(h("h1.unseen", {}, "Outfits"), note("Nothing to combine yet", "When your closet holds a top and a bottom, or a dress, they can be combined here.", h("a.button.main", { href: "/photos" }, "Add photos")));
    return listen((what) => { if (what === "items") go("/outfits", { replace: true }); });
  }

  const figure = h("section.figure", { "aria-label": "The outfit" });
  const side = h("section.ideas", { "aria-label": "Ideas" });
  const saved = h("section.wide.saved", { "aria-label": "Saved outfits" });
  const rail = h("section.rail", { "aria-label": "Your closet" });
  root.append(h("div.wide.outfits", {}, h("div", {}, h("h1", {}, "Outfit"), figure), h("div.beside", {}, rail, side)), saved);

  /** The pieces that can be worn together: of a slot the newest stays; a dress takes the bottom's place. */
  function fitted(ids) {
    const out = [];
    for (const id of ids) {
      const item = closet.items.get(id);
      if (!item) continue;
      const clash = (o) => (o.slot === "accessory" ? o.category === item.category : o.slot === item.slot)
        || (item.slot === "dress" && o.slot === "bottom") || (item.slot === "bottom" && o.slot === "dress");
      for (const other of [...out]) if (other === id || clash(closet.items.get(other))) out.splice(out.indexOf(other), 1);
      out.push(id);
    }
    return out;
  }

  function put(id) {
    const before = new Set(pieces);
    pieces = fitted([...pieces, id]);
    const left = [...before].filter((p) => !pieces.includes(p) && p !== id).map((p) => closet.items.get(p)?.name).filter(Boolean);
    announce(`${closet.items.get(id).name} is in.${left.length ? ` ${left.join(", ")} made room for it.` : ""}`);
    changed();
  }
  function out(id) { pieces = pieces.filter((p) => p !== id); changed(); }
  function changed() { keep(pieces); turn = 0; draw(); suggest(); }

  function draw() {
    const slots = closet.words.slots.filter((s) => s !== "dress" || !pieces.some((p) => closet.items.get(p)?.slot === "bottom"))
      .filter((s) => s !== "bottom" || !pieces.some((p) => closet.items.get(p)?.slot === "dress"));
    const dressed = (slot) => pieces.map((p) => closet.items.get(p)).filter((i) => i?.slot === slot);
    const cells = slots.flatMap((slot) => {
      const worn = dressed(slot).map((item) => h("div.slot.full", { data: { slot } },
        h("a.card", { href: `/item/${item.id}` }, tile(item.thumb, 200, { eager: true }), h("span.name", {}, item.name)),
        round(`Take ${item.name} out`, "close", () => out(item.id))));
      if (worn.length && slot !== "accessory") return worn;
      const empty = h("button.slot.empty", { type: "button", data: { slot }, onclick: async () => {
        const id = await pick(NAMES[slot], (i) => i.slot === slot && !pieces.includes(i.id));
        if (id) put(id);
      } }, icon("plus"), h("span", {}, NAMES[slot]));
      return [...worn, empty];
    });
    figure.replaceChildren(h("div.slots", {}, cells), h("div.row", {},
      button("Save", "check", save, { class: "main", disabled: pieces.length < 2 }),
      h("a.button", { href: `/try-on${search({ item: pieces })}`, "aria-disabled": String(!pieces.length) }, icon("mirror"), "Try on"),
      button("As a picture", "share", draft, { disabled: pieces.length < 1 }),
      pieces.length > 0 && button("Empty", null, () => { pieces = []; changed(); }, { class: "plain" })));
    for (const cell of figure.querySelectorAll(".slot")) droppable(cell, (id) => put(id));
  }

  function droppable(el, take) {
    el.addEventListener("dragover", (e) => {
      if (e.dataTransfer.types.includes("application/x-wardrobe-item")) { e.preventDefault(); figure.classList.add("over"); }
    });
    el.addEventListener("dragleave", () => figure.classList.remove("over"));
    el.addEventListener("drop", (e) => {
      figure.classList.remove("over");
      const id = e.dataTransfer.getData("application/x-wardrobe-item");
      if (id && closet.items.has(id)) { e.preventDefault(); take(id); }
    });
  }
  droppable(figure, put);

  let slot = "";
  function drawRail() {
    const items = [...closet.items.values()].filter((i) => !i.hidden && (!slot || i.slot === slot)).sort((a, b) => b.worn - a.worn).slice(0, 80);
    rail.replaceChildren(h("div.row", {}, h("h2.grow", {}, "Your closet"), h("select", { "aria-label": "Kind", onchange: (e) => { slot = e.target.value; drawRail(); } },
      h("option", { value: "" }, "Everything"), closet.words.slots.map((s) => h("option", { value: s, selected: s === slot }, NAMES[s])))),
    h("div.strip", { tabIndex: 0, role: "group", "aria-label": "Drag into the outfit, or press" }, items.map((i) => h("button.card", { type: "button", draggable: true, onclick: () => put(i.id), title: `Put ${i.name} into the outfit`,
      ondragstart: (e) => { e.dataTransfer.setData("application/x-wardrobe-item", i.id); } }, tile(i.thumb, 110), h("span.name", {}, i.name)))));
  }

  let asking = null;
  async function suggest() {
    asking?.abort();
    asking = new AbortController();
    side.replaceChildren(ideasHead(), h("div.cards", { "aria-busy": "true" }, Array.from({ length: 4 }, () => h("div.idea.wait"))));
    try {
      ideas = await get("/api/outfits/suggest", { item: pieces, outerwear: coat, count: 6, seed: turn || undefined }, { signal: asking.signal });
    } catch (e) {
      if (e.name === "AbortError") return;
      side.replaceChildren(ideasHead(), h("p.soft", {}, e.message));
      return;
    }
    side.replaceChildren(ideasHead(), ideas.length ? h("div.cards", {}, ideas.map((ids) => {
      const items = ids.map((i) => closet.items.get(i)).filter(Boolean);
      return h("button.idea", { type: "button", "aria-label": `Wear ${items.map((i) => i.name).join(", ")}`, onclick: () => { pieces = fitted(ids); changed(); scrollTo({ top: 0, behavior: "smooth" }); } },
        h("span.mosaic", {}, items.slice(0, 4).map((i) => tile(i.thumb, 140))), h("span.facts", {}, items.map((i) => i.name).join(", ")));
    })) : h("p.soft", {}, "No idea for these pieces: a top with a bottom, or a dress, is needed."));
  }
  const ideasHead = () => h("div.row", {}, h("h2.grow", {}, pieces.length ? "Goes with it" : "Ideas for today"),
    h("label.row.check", {}, h("input", { type: "checkbox", checked: coat, onchange: (e) => { coat = e.target.checked; suggest(); } }), "with a coat"),
    button("Others", "spark", () => { turn += 1; suggest(); }));

  async function save() {
    const name = await askText("Save the outfit", "Name", `Outfit of ${day(new Date().toISOString())}`, { max: 80 });
    if (!name) return;
    try {
      await post("/api/outfits", { items: pieces, name });
      toast(`Saved “${name}”.`);
      pieces = [];
      changed();
      drawSaved();
    } catch (e) { oops(e); }
  }

  async function draft() {
    try { await handOut(await get("/api/outfits/draft", { item: pieces }), "outfit.png"); } catch (e) { oops(e); }
  }

  async function drawSaved() {
    const list = await get("/api/outfits");
    if (!list.length) { saved.replaceChildren(h("h2", {}, "Saved"), h("p.soft", {}, "Outfits that you save are kept here.")); return; }
    saved.replaceChildren(h("h2", {}, "Saved"), h("div.cards", {}, list.map((o) => h("article.savedone", {},
      h("button.board", { type: "button", "aria-label": `Wear ${o.name} again`, onclick: () => { pieces = fitted(o.pieces.map((p) => p.id)); changed(); scrollTo({ top: 0, behavior: "smooth" }); } },
        h("span.mosaic", {}, o.pieces.slice(0, 4).map((p) => tile(p.thumb, 140)))),
      h("h3", {}, o.name), h("p.facts", {}, [plural(o.pieces.length, "piece"), o.missing && `${o.missing} no longer in the closet`].filter(Boolean).join(" · ")),
      h("div.row", {}, round(`Moodboard of ${o.name} as a file`, "share", () => share(o)), round(`Rename ${o.name}`, "pencil", () => rename(o)), round(`Delete ${o.name}`, "bin", () => remove(o)))))));
  }

  async function share(o) {
    try {
      if (await handOut(await get("/api/outfits/board", { name: o.name }), `${o.name.replace(/[^\p{L}\p{N} _-]+/gu, "-")}.png`)) await post("/api/outfits/shared", { name: o.name });
    } catch (e) { oops(e); }
  }
  async function rename(o) {
    const to = await askText("Rename the outfit", "Name", o.name, { max: 80 });
    if (!to || to === o.name) return;
    try { await post("/api/outfits/rename", { name: o.name, to }); } catch (e) { oops(e); }
    drawSaved();
  }
  async function remove(o) {
    try {
      await post("/api/outfits/delete", { name: o.name });
      toast(`Deleted “${o.name}”.`, o.pieces.length > 1 ? { label: "Undo", action: async () => {
        try { await post("/api/outfits", { name: o.name, items: o.pieces.map((p) => p.id) }); drawSaved(); } catch (e) { oops(e); }
      } } : {});
    } catch (e) { oops(e); }
    drawSaved();
  }

  const stop = listen((what) => {
    if (what !== "items") return;
    pieces = fitted(pieces.filter(here));
    draw(); drawRail(); drawSaved().catch(() => {});
  });
  draw();
  drawRail();
  suggest();
  await drawSaved();
  return () => { stop(); asking?.abort(); };
}
