// Who the closet belongs to: photos of the owner, by which they are found among other people.
import { h, button, round, photo, day } from "./dom.js";
import { get, post, remove, send } from "./api.js";
import { oops, toast } from "./toast.js";
import { show } from "./dialogs.js";

const NEXT = "The photos are looked at anew with it.";

/** A section that says who the owner is; answers {el, again}. */
export async function owner() {
  const el = h("section.owner", { id: "you", "aria-label": "Who you are" });
  const file = h("input", { type: "file", accept: "image/*,.heic,.heif,.avif", hidden: true, tabIndex: -1, "aria-label": "Photo of your face", onchange: () => { const [one] = file.files; file.value = ""; if (one) tell(() => send("/api/owner", one)); } });
  let state = await get("/api/owner");

  async function again() {
    try { state = await get("/api/owner"); draw(); } catch (e) { oops(e); }
  }
  async function tell(ask, said = `Noted: this is you. ${NEXT}`) {
    const away = toast("Looking at the photo …", { stay: 60000 });
    try { await ask(); away(); toast(said); } catch (e) { away(); oops(e); }
    again();
  }
  const forget = (path) => tell(() => remove(path), state.selfies.length > 1 ? "Taken away." : "Forgotten. In each photo the main subject is taken for you again.");

  async function fromCloset() {
    const photos = (await Promise.all(["kept", "left out"].map((outcome) => get("/api/photos", { outcome, count: 60 })))).flatMap((p) => p.photos).filter((p) => p.photo_id);
    const id = await show("A photo in which your face is the largest", (close) => photos.length ? h("div.photolist", {}, photos.map((p) =>
      h("button.photo", { type: "button", onclick: () => close(p.photo_id), "aria-label": p.photo }, h("img", { src: photo(p.photo_id, 320), alt: "", loading: "lazy" }), h("span.facts", {}, day(p.taken_at)))))
      : h("p.soft", {}, "There are no photos in the closet yet."), { wide: true });
    if (id) tell(() => post("/api/owner/photo", { photo_id: id }));
  }

  function draw() {
    const { selfies, known, fetch: model, bytes } = state;
    const says = selfies.length ? "You are found by your face, among whoever is with you."
      : known ? "You are found by your face, from the photo that the wardrobe was built with."
        : "In a photo of several people, whoever stands out is taken for you; where nobody does, the photo is left out. Show the closet your face, and it finds you by that.";
    el.replaceChildren(...[h("h2", {}, "You"), h("p.soft", {}, says),
      selfies.length > 0 && h("ul.faces", {}, selfies.map((id, n) => h("li", {}, h("img", { src: `/api/owner/${id}`, alt: `Photo ${n + 1} of you` }),
        round(`Take photo ${n + 1} of you away`, "close", () => forget(`/api/owner/${id}`))))),
      model ? h("p.flag", {}, `This needs a model for faces, ${Math.ceil(bytes / 1e6)} MB, that isn't on this machine yet. Fetch it once: `, h("code", {}, `wardrobe models fetch ${model}`))
        : h("div.row", {}, button(selfies.length ? "Another photo of you" : "Choose a selfie", "plus", () => file.click()), button("From your photos", "photos", fromCloset),
          known && !selfies.length && button("Forget my face", "bin", () => forget("/api/owner"), { class: "plain" }), file)].filter(Boolean));
  }

  draw();
  return { el, again };
}
