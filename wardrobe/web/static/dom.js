// Making elements. Text is always text: nothing here takes markup.

/** An element: h("a.card", {href: "/"}, "text", child). `on*` are listeners, `data` a dataset. */
export function h(name, props = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const el = document.createElement(tag || "div");
  if (classes.length) el.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(el.dataset, value);
    else if (key === "class") el.classList.add(...value.split(" ").filter(Boolean));
    else if (key === "css") for (const [p, v] of Object.entries(value)) el.style.setProperty(p, v);
    else if (key in el && !key.startsWith("aria") && key !== "list" && key !== "role") el[key] = value;
    else el.setAttribute(key, value === true ? "" : value);
  }
  el.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

export const $ = (selector, root = document) => root.querySelector(selector);

const PATHS = {
  hanger: "M12 9c0-1 1.600-1.200 1.600-2.600a1.600 1.600 0 0 0-3.200 0M12 9l8.400 6.200c.9.7.5 2.100-.7 2.100H4.300c-1.200 0-1.600-1.400-.7-2.100z",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16.200 16.200 21 21",
  camera: "M4 8h3l1.500-2.500h7L17 8h3v11H4zM12 10a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7",
  filter: "M4 6h16M7 12h10M10 18h4",
  check: "m5 12.500 4.500 4.500L19 7.500",
  close: "m6 6 12 12M18 6 6 18",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400",
  history: "M4 12a8 8 0 1 0 2.500-5.800M4 4v3.500h3.500M12 8v4.500l3 2",
  outfit: "M8 3.500 3.500 6.500 5 10l2-.8V13h10V9.200l2 .8 1.500-3.500L16 3.500a4 4 0 0 1-8 0zM8 13l-.8 7.500h3.300L12 16l1.500 4.500h3.300L16 13",
  mirror: "M12 3c3.300 0 5.500 3 5.500 7s-2.200 7-5.500 7-5.500-3-5.500-7S8.700 3 12 3zM12 17v4M8.500 21h7",
  pair: "M3.500 5h7v14h-7zM13.500 5h7v14h-7zM6 12h2M16 12h2",
  photos: "M4 6h16v13H4zM4 16l4.500-4.500 4 4 2.500-2.500 5 5M15.500 9.500h.01",
  chart: "M4 20h16M6.500 16.500v-4M11 16.500v-8M15.500 16.500v-6M20 16.500V5.500",
  undo: "M8 5 4 9l4 4M4 9h10a5.500 5.500 0 0 1 0 11h-3",
  merge: "M7 4v4a4 4 0 0 0 4 4h6M17 20v-4a4 4 0 0 0-4-4M14 8.500 17.500 12 14 15.500",
  split: "M12 4v6l-5 5v5M12 10l5 5v5M9.500 6.500 12 4l2.500 2.500",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5",
  hide: "M4 4l16 16M9 5.900a10 10 0 0 1 3-.4c6 0 9.500 6.500 9.500 6.500a16 16 0 0 1-2.700 3.500M6 7.500A16 16 0 0 0 2.500 12S6 18.500 12 18.500a9.500 9.500 0 0 0 4.300-1",
  pencil: "m4 20 1-4.500L16 4.500l3.500 3.500-11 11z",
  tag: "M4 4h8l8 8-8 8-8-8zM8.500 8.500h.01",
  star: "m12 4 2.500 5.200 5.500.8-4 3.900 1 5.600-5-2.700-5 2.700 1-5.600-4-3.900 5.500-.8z",
  plus: "M12 5v14M5 12h14",
  back: "M14.500 5.500 8 12l6.500 6.500",
  next: "M9.500 5.500 16 12l-6.500 6.500",
  share: "M12 15V4M8 7.500 12 4l4 3.500M5 12v8h14v-8",
  bin: "M5 7h14M10 4h4M7 7l1 13h8l1-13",
  folder: "M3.500 6h6l2 2.500h9V19h-17z",
  spark: "M12 4v5M12 15v5M4 12h5M15 12h5M7 7l2.500 2.500M14.500 14.500 17 17M17 7l-2.500 2.500M9.500 14.500 7 17",
  more: "M6 12h.01M12 12h.01M18 12h.01",
};

/** A drawn sign; decoration only, so the button round it says in words what it does. */
export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.more);
  svg.append(path);
  return svg;
}

export const button = (label, sign, onclick, props = {}) =>
  h("button.button", { type: "button", onclick, ...props }, sign && icon(sign), h("span", {}, label));

export const round = (label, sign, onclick, props = {}) =>
  h("button.round", { type: "button", onclick, title: label, "aria-label": label, ...props }, icon(sign));

/** A picture on its tile; `digest` null says in words that there is none. */
export function tile(digest, px, { alt = "", eager = false } = {}) {
  if (!digest) return h("div.tile.bare", {}, h("span", {}, "No picture"));
  const img = h("img", { alt, decoding: "async", loading: eager ? "eager" : "lazy", draggable: false });
  img.src = thumb(digest, px);
  img.addEventListener("error", () => img.replaceWith(h("span", {}, "No picture")), { once: true });
  return h("div.tile", {}, img);
}

export const thumb = (digest, px) =>
  `/pictures/thumb/${digest}?px=${Math.min(1024, Math.ceil(px * Math.min(devicePixelRatio || 1, 2)))}`;
export const photo = (id, px = 1280) => `/pictures/photo/${id}?px=${px}`;
export const preview = (key) => `/pictures/preview/${key}`;

/** A sentence in the middle of an empty room, with what to do about it. */
export const note = (title, text, ...rest) =>
  h("section.note", {}, h("h2", {}, title), text && h("p", {}, text), h("div.row.middle", {}, ...rest));

export const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const MONTH = new Intl.DateTimeFormat("en", { month: "short", year: "numeric" });
export const day = (iso) => (iso ? DAY.format(new Date(`${iso.slice(0, 10)}T12:00`)) : "no date");
export const month = (iso) => (iso ? MONTH.format(new Date(`${iso.slice(0, 10)}T12:00`)) : "no date");
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A word for people who hear the page. */
export function announce(text) {
  const line = $("#said");
  line.textContent = "";
  requestAnimationFrame(() => { line.textContent = text; });
}
