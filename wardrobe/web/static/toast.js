// Short messages at the lower edge, with a way back where there is one.
import { h, $, button } from "./dom.js";
import { post } from "./api.js";

export function toast(text, { action, label, kind = "", stay = 7000 } = {}) {
  const box = h("div.toast", { class: kind }, h("span", {}, text));
  const away = () => box.remove();
  if (action) box.append(button(label, null, () => { away(); action(); }));
  box.append(h("button.round.small", { type: "button", "aria-label": "Close this message", onclick: away }, "×"));
  $("#toasts").append(box);
  while ($("#toasts").children.length > 3) $("#toasts").firstChild.remove();
  let timer = setTimeout(away, stay);
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("focusin", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => { timer = setTimeout(away, 3000); });
  return away;
}

export const oops = (e) => {
  if (e?.name !== "AbortError") toast(e.message || String(e), { kind: "bad", stay: 12000 });
};

/** Say that an act was done, with the undo; what waits for a run says so. */
export function done(text, answer, after = () => {}) {
  const said = answer.waits ? `${text} It is kept, and shows after the next run.` : text;
  toast(said, {
    label: "Undo", stay: 10000,
    action: async () => {
      try {
        await post("/api/undo", { number: answer.number });
        toast("Taken back.");
        after();
      } catch (e) { oops(e); }
    },
  });
}
