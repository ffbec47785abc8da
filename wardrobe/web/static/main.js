// The shell: rooms by address, the line to the server, the theme.
import { h, $, icon, round, note, button, announce } from "./dom.js";
import { closet, connect, connected, listen, load } from "./closetful.js";
import { get, post, Problem } from "./api.js";
import { oops, toast } from "./toast.js";

const ROOMS = [
  ["/", "Closet", "hanger", () => import("./closet.js")],
  ["/outfits", "Outfits", "outfit", () => import("./outfits.js")],
  ["/try-on", "Try on", "mirror", () => import("./tryon.js")],
  ["/review", "Review", "pair", () => import("./review.js")],
  ["/photos", "Photos", "photos", () => import("./photos.js")],
  ["/insights", "Insights", "chart", () => import("./insights.js")],
];
const MORE = [["/item/", "Item", () => import("./item.js")], ["/said", "What you said", () => import("./said.js")]];

let leave = () => {};
let here = null;
const places = new Map(); // where each page was scrolled to, by its address

function shell() {
  const link = ([path, name, sign]) =>
    h("a.tab", { href: path, data: { path } }, icon(sign), h("span", {}, name), path === "/review" && h("b.count", { hidden: true }));
  $("#top").append(h("div.wide.bar", {}, h("a.brand", { href: "/" }, "Wardrobe"),
    h("nav.rooms", { "aria-label": "Rooms" }, ROOMS.map(link)),
    h("a.round", { href: "/said", title: "What you said", "aria-label": "What you said, and undo" }, icon("history")),
    round("Light or dark", "moon", turn, { id: "theme" })),
    h("p.cut", { id: "cut", role: "alert", hidden: true }, "The server can't be reached. What you see is what was there; it goes on by itself once `wardrobe serve` runs again."),
    h("a.going", { id: "going", href: "/photos", hidden: true }));
  $("#tabs").append(...ROOMS.map(link));
}

function turn() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* only for this page, then */ }
}

/** Go to an address of the closet without loading the page anew. */
export function go(path, { replace = false } = {}) {
  if (replace) history.replaceState({}, "", path);
  else {
    places.set(location.pathname + location.search, scrollY);
    history.pushState({}, "", path);
  }
  return open({ fresh: !replace });
}

async function open({ fresh = true } = {}) {
  const path = location.pathname;
  const room = ROOMS.find(([p]) => p === path) || MORE.find(([p]) => path.startsWith(p));
  for (const tab of document.querySelectorAll(".tab")) {
    const mine = tab.dataset.path === path || (path.startsWith("/item/") && tab.dataset.path === "/");
    if (mine) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  const main = $("#main");
  const turnNumber = (here = {});
  try { leave(); } catch (e) { console.error(e); }
  leave = () => {};
  document.title = `${room?.[1] ?? "Not here"} · Wardrobe`;
  if (!room) return main.replaceChildren(note("There is no such room", "The address may be old.", h("a.button", { href: "/" }, "To the closet")));
  try {
    const { enter } = await room.at(-1)();
    if (here !== turnNumber) return;
    const root = h("div.room", { data: { room: room[1] } });
    main.replaceChildren(root);
    if (fresh) { scrollTo(0, 0); announce(room[1]); }
    leave = (await enter(root, { go, path })) || (() => {});
    if (here !== turnNumber) { leave(); leave = () => {}; return; }
    if (!fresh) scrollTo(0, places.get(path + location.search) ?? 0);
  } catch (e) {
    if (here !== turnNumber) return;
    main.replaceChildren(note("This room can't be shown now", e.message, button("Try again", null, () => open())));
    if (e.error === undefined) console.error(e);
  }
}

async function badge() {
  if (!closet.version || closet.version < 0) return;
  try {
    const { left } = await get("/api/review");
    for (const count of document.querySelectorAll(".tab .count")) {
      count.hidden = !left;
      count.textContent = left > 99 ? "99+" : left;
      count.setAttribute("aria-label", `${left} open questions`);
    }
  } catch { /* the line says so already */ }
}

function going() {
  const run = closet.run;
  const bar = $("#going");
  bar.hidden = !run || run.state === "idle" || location.pathname === "/photos";
  if (bar.hidden) return;
  const share = run.total ? run.done / run.total : 0;
  bar.style.setProperty("--share", share);
  bar.textContent = run.state === "stopping" ? "Stopping the run …"
    : run.total ? `Looking at your photos: ${run.stage}, ${run.done} of ${run.total}` : "Getting ready to look at your photos …";
}

document.addEventListener("click", (e) => {
  const link = e.target.closest?.("a[href]");
  if (!link || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || link.target || link.hasAttribute("download") || link.hash || to.pathname.startsWith("/api")) return;
  e.preventDefault();
  go(to.pathname + to.search);
});
addEventListener("popstate", () => open({ fresh: false }));
addEventListener("keydown", (e) => {
  if (e.key === "/" && !e.target.closest("input, textarea, select, dialog")) {
    const field = $("#search");
    if (field) { e.preventDefault(); field.focus(); field.select(); }
  }
});
// A trouble of the server's that no room caught is said; anything else is a fault of ours, and stays one.
addEventListener("unhandledrejection", (e) => {
  if (e.reason instanceof Problem || e.reason?.name === "AbortError") e.preventDefault();
  oops(e.reason);
});

let ran = "idle";
listen((what) => {
  if (what === "line") $("#cut").hidden = connected;
  if (what === "items") badge();
  if (what === "run") {
    going();
    if (ran !== "idle" && closet.run.state === "idle" && closet.run.message && location.pathname !== "/photos") toast(closet.run.message);
    ran = closet.run.state;
  }
});

history.scrollRestoration = "manual";
shell();
open();
setTimeout(() => load(closet.version >= 0 ? closet.version : null).then(badge, () => {}), 1500);
requestIdleCallback?.(() => connect()) ?? setTimeout(connect, 300);
setTimeout(() => post("/api/insights/visit").catch(() => {}), 2000);
