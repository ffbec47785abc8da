// Try on: a photo of the person, an outfit, the wait, and the result beside what was.
import { h, $, button, round, icon, note, tile, photo, day, plural, capital } from "./dom.js";
import { get, post, send, handOut } from "./api.js";
import { closet, listen, load, words } from "./closetful.js";
import { oops, toast } from "./toast.js";
import { pick, show } from "./dialogs.js";

export async function enter(root) {
  await Promise.all([load(closet.version >= 0 ? closet.version : null), words()]);
  let state = await get("/api/tryon");
  let pieces = new URLSearchParams(location.search).getAll("item").filter((i) => closet.items.has(i));
  let person = null; // {digest, url}
  let seed = 0;
  let which = null; // of several people in the photo, counted from the left
  let settled = -1; // serial of the last trouble that another photo may have settled
  let began = 0;
  const chosen = h("section.tryperson", { "aria-label": "The person" });
  const outfit = h("section", { "aria-label": "The outfit" });
  const going = h("section", { "aria-label": "The try-on", "aria-live": "polite" });
  const made = h("section.wide.made", { "aria-label": "Results" });
  const file = h("input", { type: "file", accept: "image/*", hidden: true, tabIndex: -1, "aria-label": "Photo of the person", onchange: () => upload(file.files[0]) });
  root.append(h("div.wide", {}, h("h1", {}, "Try on"), h("div.two.try", {}, chosen, h("div", {}, outfit, going)), file), made);

  const standing = () => (closet.tryon && closet.tryon.serial >= state.now.serial ? closet.tryon : state.now);
  function another() { which = null; settled = standing().serial; }

  async function upload(picture) {
    if (!picture) return;
    try {
      const answer = await send("/api/tryon/person", picture);
      if (person?.url.startsWith("blob:")) URL.revokeObjectURL(person.url);
      person = { digest: answer.person, url: URL.createObjectURL(picture) };
      another();
      draw();
    } catch (e) { oops(e); } finally { file.value = ""; }
  }

  async function fromCloset() {
    const { photos } = await get("/api/photos", { outcome: "kept", count: 120 });
    const id = await show("A photo of you", (close) => photos.length ? h("div.photolist", {}, photos.map((p) =>
      h("button.photo", { type: "button", onclick: () => close(p.photo_id), "aria-label": p.photo }, h("img", { src: photo(p.photo_id, 320), alt: "", loading: "lazy" }), h("span.facts", {}, day(p.taken_at)))))
      : h("p.soft", {}, "There are no photos in the closet yet."), { wide: true });
    if (!id) return;
    try {
      const answer = await post("/api/tryon/person/photo", { photo_id: id });
      person = { digest: answer.person, url: photo(id, 960) };
      another();
      draw();
    } catch (e) { oops(e); }
  }

  async function add() {
    const id = await pick("What to try on", (i) => !pieces.includes(i.id));
    if (!id) return;
    const item = closet.items.get(id);
    pieces = [...pieces.filter((p) => closet.items.get(p)?.slot !== item.slot || item.slot === "accessory"), id];
    draw();
  }

  async function ask() {
    try {
      const answer = await post("/api/tryon", { person: person.digest, items: pieces, seed, which });
      state.now = answer.now;
      drawGoing();
    } catch (e) { oops(e); }
  }

  function draw() {
    chosen.replaceChildren(h("h2", {}, "You"), person ? h("img.person", { src: person.url, alt: "The person to try on" })
      : h("div.well", {}, icon("mirror"), h("p", {}, "A photo of you, standing, seen from the front"), h("p.soft", {}, "It stays on this machine.")),
    h("div.row", {}, button(person ? "Another photo" : "Choose a photo", "plus", () => file.click(), { class: person ? "" : "main" }), button("From the closet", "photos", fromCloset)));
    outfit.replaceChildren(h("h2", {}, "Wears"), h("div.strip.wrap", {}, pieces.map((id) => {
      const item = closet.items.get(id);
      return h("div.slot.full", {}, h("a.card", { href: `/item/${id}` }, tile(item.thumb, 140), h("span.name", {}, item.name)), round(`Take ${item.name} out`, "close", () => { pieces = pieces.filter((p) => p !== id); draw(); }));
    }), h("button.slot.empty", { type: "button", onclick: add }, icon("plus"), h("span", {}, "Add"))));
    drawGoing();
  }

  function drawGoing() {
    const now = standing();
    const ready = person && pieces.length;
    if (now.state === "making") {
      began = now.began * 1000 || began || Date.now();
      const step = now.step ? capital(now.step) : "Getting ready";
      const bar = { "aria-label": "Progress", ...(now.total ? { value: now.done, max: now.total } : {}) };
      going.replaceChildren(h("h2", {}, "Dressing you"), h("progress", bar), h("p", {}, `${step} …`),
        h("p.soft", {}, now.total ? `Step ${now.done + 1} of ${now.total} · ` : "", h("span", { id: "waited", "aria-live": "off" }), " You can leave this room; it goes on."));
      tick();
      return;
    }
    began = 0;
    const trouble = now.serial === settled ? "" : now.error === "NotBuilt"
      ? h("p.flag", {}, "Trying on isn't built in this version: there is no model to ask, and a made-up picture would be of no use to you. The outfit can be seen as a moodboard meanwhile.")
      : now.reason === "several people" ? h("div.flag.row", {}, h("span", {}, "Several people are to be seen in the photo. Which of them is you?"), crowd())
        : now.error ? h("p.flag", {}, now.message) : "";
    going.replaceChildren(trouble, h("div.row", {}, button("Try it on", "mirror", ask, { class: "main", disabled: !ready }), !ready && h("span.soft", {}, person ? "Choose something to wear." : "Choose a photo of you first.")));
  }

  function crowd() {
    which ??= 1;
    return h("select", { "aria-label": "Which of them is you", onchange: (e) => { which = Number(e.target.value); } },
      ["The first from the left", "The second", "The third", "The fourth", "The fifth", "The sixth"].map((name, n) => h("option", { value: n + 1, selected: which === n + 1 }, name)));
  }

  function slider(r) {
    const range = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "Before and after", oninput: () => box.style.setProperty("--cut", `${range.value}%`) });
    const box = h("div.compare", {}, h("img", { src: `/api/tryon/${r.id}/after`, alt: `You in ${r.items.map((i) => i.name).join(", ")}`, loading: "lazy" }), h("img.before", { src: `/api/tryon/${r.id}/before`, alt: "", loading: "lazy" }), h("i"), range);
    box.style.setProperty("--cut", "50%");
    return box;
  }

  const seen = new Map();
  const watch = new IntersectionObserver((entries) => {
    for (const e of entries) {
      const id = e.target.dataset.id;
      if (e.isIntersecting) seen.set(id, performance.now());
      else if (seen.has(id)) looked(id);
    }
  }, { threshold: 0.5 });
  function looked(id) {
    const seconds = (performance.now() - seen.get(id)) / 1000;
    seen.delete(id);
    if (seconds > 1) post(`/api/tryon/${id}/viewed`, { seconds: Math.round(seconds * 10) / 10 }).catch(() => {});
  }

  function drawMade() {
    watch.disconnect();
    if (!state.results.length) { made.replaceChildren(); return; }
    made.replaceChildren(h("h2", {}, "Results"), h("div.results2", {}, state.results.map((r) => {
      const el = h("article.result", { data: { id: r.id } }, slider(r), h("p", {}, r.items.map((i) => i.name).join(", ")),
        h("p.facts", {}, [day(r.made_at), `seed ${r.seed}`, r.steps && `${r.steps} steps`, `${Math.round(r.seconds)} s`].filter(Boolean).join(" · ")),
        h("div.row", {}, button(r.saved ? "Saved" : "Save", "check", () => act(r, "save"), { disabled: r.saved }), button("Share", "share", () => share(r)),
          button("Make again", "spark", () => act(r, "again")), button("Dismiss", "bin", () => act(r, "dismiss"))));
      watch.observe(el);
      return el;
    })));
  }

  async function act(r, what) {
    try { await post(`/api/tryon/${r.id}/${what}`); await again(); } catch (e) { oops(e); }
  }
  async function share(r) {
    try { if (await handOut(await get(`/api/tryon/${r.id}/after`), "try-on.png")) await post(`/api/tryon/${r.id}/shared`); } catch (e) { oops(e); }
  }
  async function again() { state = await get("/api/tryon"); drawGoing(); drawMade(); }

  function tick() {
    const waited = $("#waited");
    if (waited && began) waited.textContent = `${plural(Math.max(0, Math.round((Date.now() - began) / 1000)), "second")} so far.`;
  }
  const clock = setInterval(tick, 1000);
  const stop = listen((what) => {
    if (what !== "tryon") return;
    if (closet.tryon.state === "making") drawGoing();
    else again().catch(oops);
  });
  if (!closet.items.size) root.replaceChildren(h("h1.unseen", {}, "Try on"), note("Nothing to try on yet", "When your closet holds something to wear, you can see yourself in it here.", h("a.button.main", { href: "/photos" }, "Add photos")));
  draw();
  drawMade();
  return () => { stop(); clearInterval(clock); watch.disconnect(); for (const id of [...seen.keys()]) looked(id); };
}
