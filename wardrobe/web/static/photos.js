// Photos and runs: where they come from, how the run goes, and what became of each photo.
import { h, $, button, icon, note, plural, day, photo, capital, announce } from "./dom.js";
import { get, post, remove, send, local } from "./api.js";
import { closet, listen } from "./closetful.js";
import { oops, toast } from "./toast.js";
import { askText, show } from "./dialogs.js";
import { owner } from "./owner.js";

const STAGES = { files: "Finding photos", photos: "Looking at photos", grouping: "Grouping garments", thumbnails: "Cutting out pictures" };
const PAGE = 48;

export async function enter(root, { go }) {
  let state = await get("/api/runs");
  const you = await owner();
  const isLocal = await local();
  const sending = { done: 0, total: 0, bad: [] };
  let outcome = "left out";
  let reason = "";
  let shown = PAGE;

  const file = h("input", { type: "file", accept: "image/*,.heic,.heif,.avif", multiple: true, hidden: true, tabIndex: -1, "aria-label": "Photos to add", onchange: () => { drop([...file.files]); file.value = ""; } });
  const well = h("div.well", {}, icon("photos"), h("p", {}, h("strong", {}, "Drop photos here")), h("p.soft", {}, "JPEG, HEIC, PNG, WebP, AVIF, TIFF. They are copied into the wardrobe's own folder on this machine; nothing is sent anywhere."),
    h("div.row.middle", {}, button("Choose photos", "plus", () => file.click(), { class: "main" }), isLocal && button("Add a folder", "folder", addFolder), file), h("p.facts", { id: "sending", role: "status" }));
  const run = h("section.run", { "aria-label": "The run" });
  const sources = h("section", { "aria-label": "Where the photos come from" });
  const funnel = h("section", { "aria-label": "What became of the photos" });
  const list = h("section", { "aria-label": "Photos" });
  root.append(h("div.wide.photospage", {}, h("h1", {}, "Photos"), h("div.two", {}, well, h("div", {}, run, sources)), you.el, funnel, list));

  const over = (e) => { if ([...(e.dataTransfer?.types ?? [])].includes("Files")) { e.preventDefault(); well.classList.add("over"); } };
  const away = () => well.classList.remove("over");
  const dropped = (e) => { away(); if (e.dataTransfer?.files?.length) { e.preventDefault(); drop([...e.dataTransfer.files]); } };
  addEventListener("dragover", over);
  addEventListener("dragleave", away);
  addEventListener("drop", dropped);

  async function drop(files) {
    if (!files.length) return;
    sending.total += files.length;
    const queue = [...files];
    const one = async () => {
      while (queue.length) {
        const next = queue.shift();
        try { await send("/api/photos", next, { name: next.name }); } catch (e) { sending.bad.push([next.name, e.message]); }
        sending.done += 1;
        progress();
      }
    };
    progress();
    await Promise.all([one(), one()]);
    if (sending.done < sending.total) return;
    const good = sending.total - sending.bad.length;
    if (sending.bad.length) await show("Some files can't be used", () => h("ul.plain", {}, sending.bad.map(([name, why]) => h("li.break", {}, h("strong", {}, name), h("p.soft", {}, why)))));
    sending.done = sending.total = 0;
    sending.bad = [];
    progress();
    if (good) {
      announce(`${plural(good, "photo")} added`);
      try { await post("/api/runs"); } catch (e) { oops(e); }
    }
    again();
  }
  const progress = () => { $("#sending", well).textContent = sending.total ? `${sending.done} of ${sending.total} copied` : ""; };

  async function addFolder() {
    const path = await askText("Add a folder", "The folder's whole path", "", { go: "Add", max: 1000, hint: "Such as /home/me/Pictures. It is only ever read, with the folders in it." });
    if (!path) return;
    try { await post("/api/folders", { path }); toast("The folder is part of the wardrobe now."); } catch (e) { oops(e); }
    again();
  }

  async function again() {
    try { state = await get("/api/runs"); draw(); } catch (e) { oops(e); }
  }

  function drawRun() {
    const now = closet.run ?? state.now;
    const stop = button("Stop", "close", async () => { try { await post("/api/runs/stop"); } catch (e) { oops(e); } }, { disabled: now.state === "stopping" });
    const start = (label) => button(label, "spark", async () => { try { await post("/api/runs"); } catch (e) { oops(e); } }, { class: "main" });
    const have = state.folders.length || state.dropped;
    if (now.state !== "idle") {
      const held = run.querySelector("button:focus");
      run.replaceChildren(h("h2", {}, now.state === "stopping" ? "Stopping after this batch …" : STAGES[now.stage] ?? "Getting ready …"),
        h("progress", now.total ? { value: now.done, max: now.total, "aria-label": "Progress" } : { "aria-label": "Progress" }),
        h("p.soft", {}, [now.total ? `${now.done.toLocaleString("en")} of ${now.total.toLocaleString("en")}` : "Loading the models takes a moment", now.again && "another run follows, for what came meanwhile"].filter(Boolean).join(" · ")), h("div.row", {}, stop));
      if (held) run.querySelector("button")?.focus();
    } else if (state.interrupted) {
      run.replaceChildren(h("h2", {}, "The last run didn't end"), h("p.soft", {}, "It was stopped, or the server was. What was computed is kept; going on takes only what is missing."), h("div.row", {}, start("Go on")));
    } else if (now.outcome === "failed") {
      run.replaceChildren(h("h2", {}, "The run ended with a fault"), h("p.flag", {}, now.message), h("div.row", {}, start("Try again")));
    } else if (have) {
      run.replaceChildren(h("h2", {}, state.finished_at ? "Up to date" : "Ready"), h("p.soft", {}, now.message || (state.finished_at ? `Last looked at on ${day(state.finished_at)}.` : "The photos have not been looked at yet.")), h("div.row", {}, start("Look for new photos")));
    } else run.replaceChildren();
  }

  function drawSources() {
    if (!state.folders.length && !state.dropped) { sources.replaceChildren(); return; }
    sources.replaceChildren(h("h2", {}, "Where they come from"), h("ul.plain", {},
      state.folders.map((f) => h("li.row", {}, icon("folder"), h("span.grow.break", {}, f.path, f.here ? "" : h("span.pill", {}, "not reachable now")),
        state.folders.length + state.dropped > 1 && button("Remove", null, async () => { try { await remove(`/api/folders/${encodeURIComponent(f.name)}`); again(); } catch (e) { oops(e); } }, { class: "plain small", "aria-label": `Remove ${f.path} from the wardrobe` }))),
      state.dropped ? h("li.row", {}, icon("photos"), h("span", {}, `${plural(state.dropped, "photo")} dropped here`)) : ""));
  }

  function drawFunnel() {
    const f = state.funnel;
    if (!f || !f.seen) { funnel.replaceChildren(); list.replaceChildren(); return; }
    const parts = [["Kept", f.kept, "kept", ""], ...Object.entries(f.left_out).sort((a, b) => b[1] - a[1]).map(([why, n]) => [capital(why), n, "left out", why]), ...(f.failures ? [["Failed, tried again next time", f.failures, "failed", ""]] : [])];
    funnel.replaceChildren(h("h2", {}, `${plural(f.seen, "photo")}, ${plural(f.garments, "garment")}, ${plural(f.items, "item")}`),
      h("div.funnel", { "aria-hidden": "true" }, parts.map(([, n], k) => h(`i.k${Math.min(k, 5)}`, { css: { "flex-grow": n } }))),
      h("div.chips.wrap", { role: "group", "aria-label": "Show the photos that were" }, parts.map(([name, n, out, why], k) =>
        h("button.chip", { type: "button", "aria-pressed": String(outcome === out && reason === why), onclick: () => { outcome = out; reason = why; shown = PAGE; drawFunnel(); } },
          h(`i.dot.square.k${Math.min(k, 5)}`), h("span", {}, name), h("span.count", {}, n)))));
    if (outcome === "left out" && !reason && parts[1]) { [, , outcome, reason] = parts[1]; drawFunnel(); return; }
    drawList();
  }

  async function drawList() {
    const mine = `${outcome}:${reason}`;
    const found = await get("/api/photos", { outcome, reason, count: Math.min(200, shown) });
    if (mine !== `${outcome}:${reason}`) return;
    if (!found.total) { list.replaceChildren(); return; }
    const whose = ["no main subject", "not the owner"].includes(reason);
    list.replaceChildren(whose ? h("p.flag", {}, "Several people, and the closet doesn't know which of them is you? ", h("a", { href: "#you", onclick: toYou }, "Show it your face"), ".") : "", h("div.photolist", {}, found.photos.map((p) => h("button.photo", { type: "button", onclick: () => trace(p), title: "What became of it" },
      p.photo_id ? h("img", { src: photo(p.photo_id, 320), alt: "", loading: "lazy", decoding: "async" }) : h("span.tile.bare", {}, "No picture"),
      h("span.name.break", {}, p.photo.split("/").at(-1)), h("span.facts", {}, p.message ?? day(p.taken_at))))),
    found.total > found.photos.length && shown < 200 ? h("div.row.middle", {}, button(`Show more of ${found.total}`, null, () => { shown += PAGE; drawList(); })) : "");
  }

  function toYou(e) {
    e.preventDefault();
    you.el.scrollIntoView({ block: "center" });
    you.el.querySelector("button")?.focus({ preventScroll: true });
  }

  async function trace(p) {
    let told;
    try { told = await get("/api/photos/trace", { photo: p.photo }); } catch (e) { oops(e); return; }
    await show(p.photo.split("/").at(-1), () => [
      p.photo_id && h("img.traced", { src: photo(p.photo_id, 960), alt: "" }),
      h("p.flag", {}, p.message ?? capital(told.end)),
      p.outcome === "failed" && h("p", {}, "The next run tries it again. If it fails again, open the photo in another program and save a copy."),
      h("ol.trace", {}, told.steps.map((s) => h("li", {}, h("div.row", {}, h("strong.grow", {}, capital(s.stage)), h("span.soft", {}, `${Math.round(s.seconds * 1000)} ms`)),
        h("p.break", {}, s.came_out || "nothing"), h("p.facts.break", {}, [s.went_in && `from ${s.went_in}`, s.model].filter(Boolean).join(" · ")))))], { wide: true });
  }

  function draw() { drawRun(); drawSources(); drawFunnel(); }
  let was = state.now.state;
  const stop = listen((what) => {
    if (what === "run") {
      drawRun();
      if (was !== "idle" && closet.run.state === "idle") { again(); you.again(); }
      was = closet.run.state;
    }
    if (what === "items") again();
  });
  draw();
  return () => {
    stop();
    removeEventListener("dragover", over);
    removeEventListener("dragleave", away);
    removeEventListener("drop", dropped);
  };
}
