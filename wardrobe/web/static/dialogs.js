// Windows over the page: a question, a photo, two garments side by side.
import { h, button, round, tile, photo, preview, day, plural, capital } from "./dom.js";
import { get, post } from "./api.js";
import { closet } from "./closetful.js";
import { done, oops, toast } from "./toast.js";

/** A modal window; the focus goes back to where it was. Answers what `close(value)` was given. */
export function show(title, build, { wide = false } = {}) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const box = h("dialog", { class: wide ? "wide" : "", "aria-label": title });
    let answer;
    const close = (value) => { answer = value; box.close(); };
    const head = h("div.sheethead", {}, h("h2", {}, title), round("Close", "close", () => close()));
    box.append(h("div.sheet", {}, head, ...[build(close)].flat()));
    box.addEventListener("click", (e) => { if (e.target === box) close(); });
    box.addEventListener("close", () => {
      box.remove();
      before?.isConnected && before.focus?.({ preventScroll: true });
      resolve(answer);
    });
    document.body.append(box);
    box.showModal();
  });
}

/** Ask for a line of text; undefined when the person turned away. */
export const askText = (title, label, value, { go = "Save", hint = "", max = 120 } = {}) =>
  show(title, (close) => {
    const input = h("input", { type: "text", value, maxLength: max, autocomplete: "off", autofocus: true, required: true, "aria-label": label });
    const form = h("form", { onsubmit: (e) => { e.preventDefault(); if (input.value.trim()) close(input.value.trim()); } },
      h("label.field", {}, h("span", {}, label), input), hint && h("p.soft", {}, hint),
      h("div.row.end", {}, button("Cancel", null, () => close()), h("button.button.main", { type: "submit" }, go)));
    queueMicrotask(() => input.select());
    return form;
  });

/** A photo as large as the window, with the garment's mask laid over it. */
export function showPhoto(garment, item) {
  return show(garment.taken ? day(garment.taken) : "A photo without a date", (close) => {
    const figure = framed(garment, { px: 1600, alt: `Photo with ${item.name}` });
    const wash = h("button.button", { type: "button", "aria-pressed": "true", onclick: () => {
      const on = figure.classList.toggle("plain") === false;
      wash.setAttribute("aria-pressed", String(on));
    } }, "Show the mask");
    return [figure, h("div.row", {}, wash, h("span.soft.grow.break", {}, garment.photo),
      h("span.soft", {}, `${Math.round(garment.visibility * 100)} % of it is in sight`))];
  }, { wide: true });
}

/** A photo with the mask of one garment on it; its box where the mask was forgotten. */
export function framed(garment, { px = 960, alt = "" } = {}) {
  const figure = h("figure.framed");
  const img = h("img.under", { alt, decoding: "async" });
  const mask = h("img.mask", { alt: "", decoding: "async" });
  const [x0, y0, x1, y1] = garment.box || [0, 0, 1, 1];
  mask.addEventListener("error", () => {
    mask.replaceWith(h("span.box", { css: {
      left: `${100 * x0}%`, top: `${100 * y0}%`, width: `${100 * (x1 - x0)}%`, height: `${100 * (y1 - y0)}%` } }));
  }, { once: true });
  img.addEventListener("error", () => {
    figure.replaceChildren(h("img.under", { alt, src: preview(garment.preview) }),
      h("figcaption.soft", {}, "The photo isn't where it was; this is what is kept of it."));
  }, { once: true });
  img.addEventListener("load", () => figure.classList.add("there"), { once: true });
  img.src = photo(garment.photo_id, px);
  mask.src = `/pictures/mask/${garment.id}`;
  figure.append(h("div.stack", {}, img, mask));
  return figure;
}

const whole = (id) => get(`/api/items/${id}`);

function side(item) {
  const views = item.garments.slice(0, 6).map((g) =>
    h("button.shot", { type: "button", onclick: () => showPhoto(g, item), "aria-label": `Photo of ${item.name}, ${day(g.taken)}` },
      h("img", { src: preview(g.preview), alt: "", loading: "lazy" })));
  return h("article.side", {}, tile(item.thumb, 320),
    h("h3", {}, item.name),
    h("p.soft", {}, [capital(item.type || item.category), item.colours.slice(0, 2).map((c) => c.name).join(", "),
      plural(item.garments.length, "photo"), item.first ? `${day(item.first)} to ${day(item.last)}` : "no dates"].join(" · ")),
    h("div.shots", {}, views));
}

/** Are these one garment? Shown side by side before it is said. True when they were merged. */
export async function compare(ids) {
  let items;
  try { items = await Promise.all(ids.map(whole)); } catch (e) { oops(e); return false; }
  const unique = [...new Map(items.map((i) => [i.id, i])).values()];
  if (unique.length < 2) { toast("These are one item already."); return false; }
  const doubts = reasons(unique);
  const choice = await show("One garment?", (close) => [
    h("p.soft", {}, "Look at the cloth, the collar, the buttons: two black T-shirts are still two."),
    ...doubts.map((d) => h("p.flag", {}, d)),
    h("div.sides", {}, unique.map(side)),
    h("div.row.end.stick", {},
      button("Cancel", null, () => close()),
      unique.length === 2 && button("Never the same", null, () => close("different")),
      button("Yes, one garment", "merge", () => close("same"), { class: "main" })),
  ], { wide: true });
  if (!choice) return false;
  const marks = Object.fromEntries(unique.map((i) => [i.id, i.mark]));
  try {
    const answer = await post(choice === "same" ? "/api/merge" : "/api/different", { items: marks });
    done(choice === "same" ? `Merged ${unique.length} items into one.` : "Noted: never the same.", answer);
    return choice === "same" ? answer : false;
  } catch (e) {
    oops(e);
    return false;
  }
}

function reasons(items) {
  const out = [];
  const photos = items.map((i) => new Set(i.garments.map((g) => g.photo)));
  const both = [...photos[0]].find((p) => photos.slice(1).some((o) => o.has(p)));
  if (both) out.push("They appear together in one photo, so they are most likely two garments.");
  const kinds = new Set(items.map((i) => i.category));
  if (kinds.size > 1) out.push(`They are taken for different things: ${[...kinds].join(", ")}.`);
  return out;
}

/** Choose items in a window: for the outfit's slots, for a page without drag and drop. */
export function pick(title, fits, { empty = "Nothing of this kind in the closet." } = {}) {
  return show(title, (close) => {
    const items = [...closet.items.values()].filter((i) => !i.hidden && fits(i)).sort((a, b) => b.worn - a.worn);
    const list = h("div.picker");
    const fill = (text = "") => list.replaceChildren(...(items.filter((i) => i.name.toLowerCase().includes(text.toLowerCase())).slice(0, 120)
      .map((i) => h("button.card", { type: "button", onclick: () => close(i.id) }, tile(i.thumb, 140), h("span.name", {}, i.name)))));
    fill();
    if (!items.length) return h("p.soft", {}, empty);
    return [h("input", { type: "search", placeholder: "Filter by name", "aria-label": "Filter by name", autofocus: true,
      oninput: (e) => fill(e.target.value) }), list];
  }, { wide: true });
}
