// The closet: a grid, what narrows it, and what is done with several items.
import { h, $, button, round, icon, note, plural, capital, day, announce } from "./dom.js";
import { get, post, send } from "./api.js";
import { closet, listen, load } from "./closetful.js";
import { Grid } from "./grid.js";
import { oops, toast } from "./toast.js";

const SORTS = { recent: "Last seen", worn: "Most worn", forgotten: "Longest unworn", name: "Name", category: "Category" };
const FACETS = { category: "Category", type: "Type", colour: "Colour", pattern: "Pattern", season: "Worn in", seen: "Last seen" };
const ORDER = { season: ["spring", "summer", "autumn", "winter"],
  seen: ["within a month", "1 to 6 months ago", "6 to 12 months ago", "over a year ago", "no date"] };
const INKS = { black: "#1c1b1a", white: "#fafafa", grey: "#8f8f8f", "light grey": "#c9c9c9", charcoal: "#3d4043", navy: "#1f2a4d",
  blue: "#2f5fb3", "light blue": "#a9c9ea", "denim blue": "#5b7899", green: "#3f7f4a", "dark green": "#1f4a33", "light green": "#a5cf9e",
  olive: "#6d6b37", red: "#b9312c", burgundy: "#6b1f2e", brown: "#7a5136", "dark brown": "#45301f", beige: "#d6c3a2", cream: "#f1e8d4",
  yellow: "#e6c62f", mustard: "#c39a2c", orange: "#dd7a2b", pink: "#e6a3b5", purple: "#6d4a8c", lilac: "#bda7d6", teal: "#2c7a7b", gold: "#c8a24a", silver: "#c2c6ca" };

/** What is asked for, kept in the address so that it can be gone back to. */
function read() {
  const query = new URLSearchParams(location.search);
  const out = { text: query.get("text") ?? "", sort: query.get("sort") ?? "recent", like: query.get("like") ?? "", hidden: query.has("hidden") };
  for (const facet of Object.keys(FACETS)) out[facet] = query.getAll(facet);
  return out;
}

function written(query) {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one && !(key === "sort" && one === "recent")) out.append(key, one === true ? "1" : one);
  }
  return out.toString() ? `/?${out}` : "/";
}

class Selection extends Set {
  constructor(change) { super(); this.change = change; }
  toggle(id) { if (!super.delete(id)) super.add(id); this.change(); }
  add(id) { super.add(id); this.change?.(); return this; }
  clear() { super.clear(); this.change?.(); }
}

export async function enter(root, { go }) {
  let query = read();
  let found = null;
  let asking = null;
  let asked = 0;
  const selection = new Selection(() => { grid.marks(); chosen(); });
  const merged = async (ids) => {
    const { compare } = await import("./dialogs.js");
    if (await compare(ids)) selection.clear();
  };
  const grid = new Grid({ get: (id) => closet.items.get(id), selection, ondrop: (from, to) => merged([to, from]) });

  const field = h("input", { id: "search", type: "search", value: query.text, placeholder: "striped navy top · not worn since May",
    "aria-label": "Search in words", autocomplete: "off", spellcheck: false, oninput: () => { query.text = field.value; later(); } });
  const file = h("input", { type: "file", accept: "image/*", hidden: true, tabIndex: -1, "aria-label": "Picture to search by", onchange: () => byPicture(file.files[0]) });
  const sort = h("select", { "aria-label": "Sort by", onchange: () => { query.sort = sort.value; ask(); } },
    Object.entries(SORTS).map(([value, name]) => h("option", { value, selected: value === query.sort }, name)));
  const choose = h("button.button", { type: "button", "aria-pressed": "false", onclick: () => selecting(!grid.selecting) }, icon("check"), h("span", {}, "Select"));
  const filters = h("button.button.narrow", { type: "button", "aria-expanded": "false", onclick: () => {
    const open = side.classList.toggle("open");
    filters.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("covered", open);
    if (open) side.querySelector("button")?.focus();
  } }, icon("filter"), h("span", {}, "Filter"));
  const bar = h("div.searchbar", {}, h("div.wide.row", {}, h("div.field.search", {}, icon("search"), field,
    round("Search by picture", "camera", () => file.click()), file), filters, sort, choose));
  const side = h("aside.facets", { "aria-label": "Filters" });
  const line = h("div.row.line", {});
  const body = h("div.results", {}, line, grid.el);
  const tray = h("div.tray", { role: "region", "aria-label": "Selected items", hidden: true });
  root.append(h("h1.unseen", {}, "Closet"), bar, h("div.wide.closet", {}, side, body), tray);
  bar.addEventListener("dragover", (e) => { if ([...e.dataTransfer.types].includes("Files")) e.preventDefault(); });
  bar.addEventListener("drop", (e) => { if (e.dataTransfer.files[0]) { e.preventDefault(); byPicture(e.dataTransfer.files[0]); } });

  let timer = 0;
  const later = () => { clearTimeout(timer); timer = setTimeout(ask, 90); };
  let noted = 0;

  async function ask({ quiet = false } = {}) {
    asking?.abort();
    asking = new AbortController();
    const mine = (asked += 1);
    try {
      found = await get("/api/search", query, { signal: asking.signal });
      if (found.version !== closet.version) await load(found.version);
      if (mine !== asked) return;
    } catch (e) {
      if (e.name === "AbortError") return;
      if (e.status === 404 && query.like) { query.like = ""; toast(e.message); return ask(); }
      if (e.status === 400) { for (const facet of Object.keys(FACETS)) query[facet] = []; return ask(); }
      throw e;
    }
    history.replaceState(history.state, "", written(query));
    draw();
    if (!quiet) {
      announce(`${plural(found.ids.length, "item")} found`);
      clearTimeout(noted);
      if (query.text) noted = setTimeout(() => post("/api/search/noted").catch(() => {}), 1500);
    }
  }

  function draw() {
    const empty = !closet.items.size;
    bar.hidden = side.hidden = line.hidden = empty;
    body.querySelector(".note")?.remove();
    grid.show(found.ids);
    facets();
    above();
    if (empty) body.append(beginning());
    else if (!found.ids.length) {
      body.append(note("Nothing fits", query.hidden ? "Nothing is hidden at the moment." : "No item has all of this. Try fewer words, or fewer filters.", button("Clear everything", null, clear)));
    }
  }

  function above() {
    const said = found.understood;
    const pills = [
      said.not_worn_since && `not worn since ${day(said.not_worn_since)}`,
      said.seen_since && `worn since ${day(said.seen_since)}`,
      said.worn_at_least !== null && `worn at least ${said.worn_at_least}×`,
      said.worn_at_most !== null && `worn at most ${said.worn_at_most}×`,
    ].filter(Boolean).map((t) => h("span.pill", {}, t));
    for (const facet of Object.keys(FACETS)) {
      for (const value of query[facet]) pills.push(h("button.pill", { type: "button", "aria-label": `Remove filter ${value}`, onclick: () => flip(facet, value) }, value, " ×"));
    }
    if (query.like) pills.push(h("button.pill", { type: "button", "aria-label": "Remove the picture", onclick: () => { query.like = ""; ask(); } }, "like your picture ×"));
    if (query.hidden) pills.push(h("button.pill", { type: "button", onclick: () => { query.hidden = false; ask(); } }, "hidden ones ×"));
    const many = found.ids.length;
    line.replaceChildren(h("span.soft", {}, many === found.of ? plural(many, "item") : `${many.toLocaleString("en")} of ${plural(found.of, "item")}`),
      ...pills, pills.length > 1 ? button("Clear", null, clear, { class: "plain" }) : "",
      h("span.grow"), found.hidden && !query.hidden ? button(`${found.hidden} hidden`, "hide", () => { query.hidden = true; ask(); }, { class: "plain" }) : "");
  }

  function flip(facet, value) {
    query[facet] = query[facet].includes(value) ? query[facet].filter((v) => v !== value) : [...query[facet], value];
    scrollTo({ top: 0 });
    ask();
  }
  function clear() {
    query = { ...read(), text: "", like: "", hidden: false };
    for (const facet of Object.keys(FACETS)) query[facet] = [];
    field.value = "";
    ask();
  }

  const more = new Set();
  function facets() {
    const focus = document.activeElement?.dataset?.facet;
    const value = document.activeElement?.dataset?.value;
    const groups = Object.entries(FACETS).map(([facet, name]) => {
      let values = Object.entries(found.facets[facet] ?? {});
      if (ORDER[facet]) values.sort((a, b) => ORDER[facet].indexOf(a[0]) - ORDER[facet].indexOf(b[0]));
      for (const chosen of query[facet]) if (!values.some(([v]) => v === chosen)) values.push([chosen, 0]);
      if (values.length < 2 && !query[facet].length) return null;
      const all = more.has(facet) || values.length <= 9;
      const shown = all ? values : values.filter(([v], n) => n < 7 || query[facet].includes(v));
      return h("fieldset", {}, h("legend", {}, name), h("div.chips", {}, shown.map(([v, n]) =>
        h("button.chip", { type: "button", "aria-pressed": String(query[facet].includes(v)), data: { facet, value: v }, onclick: () => flip(facet, v) },
          facet === "colour" && h("i.dot", { css: { background: INKS[v] ?? "#999" } }), h("span", {}, capital(v)), h("span.count", {}, n))),
        !all && h("button.chip.more", { type: "button", onclick: () => { more.add(facet); facets(); } }, `${values.length - shown.length} more`)));
    });
    side.replaceChildren(h("div.row.narrow.facethead", {}, h("h2.grow", {}, "Filter"), button(`Show ${plural(found.ids.length, "item")}`, null, () => filters.click(), { class: "main" })), ...groups.filter(Boolean));
    if (focus) side.querySelector(`[data-facet="${focus}"][data-value="${CSS.escape(value)}"]`)?.focus();
  }

  function selecting(on) {
    grid.selecting = on;
    root.classList.toggle("selecting", on);
    choose.setAttribute("aria-pressed", String(on));
    if (!on) selection.clear();
    chosen();
  }

  function chosen() {
    const ids = [...selection].filter((id) => closet.items.has(id));
    tray.hidden = !ids.length;
    if (!ids.length) return;
    tray.replaceChildren(h("span.grow", {}, ids.length, h("span.wideonly", {}, " selected")),
      button("Merge", "merge", () => merged(ids), { disabled: ids.length < 2 || ids.length > 12 }),
      button("Outfit", "outfit", () => go(`/outfits?${ids.map((i) => `item=${i}`).join("&")}`)),
      button("Hide", "hide", () => hide(ids)),
      round("Clear the selection", "close", () => selecting(false)));
  }

  async function hide(ids) {
    const numbers = [];
    try {
      for (const id of ids) numbers.push((await post(`/api/items/${id}/hide`, { mark: closet.items.get(id).mark })).number);
    } catch (e) { oops(e); }
    selecting(false);
    if (numbers.length) toast(`Hid ${plural(numbers.length, "item")}.`, { label: "Undo", action: async () => {
      try { for (const number of numbers.reverse()) await post("/api/undo", { number }); toast("Taken back."); } catch (e) { oops(e); }
    } });
    ask({ quiet: true });
  }

  async function byPicture(picture) {
    if (!picture) return;
    const away = toast(`Looking at ${picture.name} …`, { stay: 60000 });
    try {
      const answer = await send("/api/search/picture", picture);
      if (!answer.found) toast("No garment like it was found in your closet. A photo of one garment, or of one person, works best.");
      else { query.like = answer.like; await ask(); }
    } catch (e) { oops(e); } finally { away(); file.value = ""; }
  }

  await Promise.all([load(closet.version >= 0 ? closet.version : null), ask({ quiet: true })]);
  const stop = listen((what) => {
    if (what !== "items") return;
    grid.renew();
    ask({ quiet: true }).catch(() => {});
    for (const id of [...selection]) if (!closet.items.has(id)) selection.delete(id);
    chosen();
  });
  return () => { stop(); grid.leave(); clearTimeout(timer); asking?.abort(); document.body.classList.remove("covered"); };
}

function beginning() {
  const run = closet.run;
  if (run && run.state !== "idle") return note("Your closet is being filled", "Every garment found in your photos appears here. You can watch the run meanwhile.", h("a.button.main", { href: "/photos" }, "Watch the run"));
  return note("Your closet is empty", "Show it your photos, and every garment you wear in them gets its place here. They stay on this machine, and no photo is ever changed.", h("a.button.main", { href: "/photos" }, "Add photos"));
}
