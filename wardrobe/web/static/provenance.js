// The item's picture, and where each of its pixels comes from: seen, borrowed, generated.
import { h, thumb, tile } from "./dom.js";

const SAYS = [["seen", "Seen in the photo"], ["borrowed", "Borrowed from other photos"], ["generated", "Generated, in no photo"]];
const share = (value) => (value < 0.01 ? "under 1 %" : `${Math.round(value * 100)} %`);

export function provenance(item) {
  const picture = tile(item.thumb, 512, { alt: item.name, eager: true });
  const filled = item.filled;
  if (!filled) return h("div.portrait", {}, picture);
  const parts = SAYS.filter(([key]) => filled[key] > 0).map(([key, words]) =>
    h("span.source", {}, h(`i.${key}`, { "aria-hidden": "true" }), h("span", {}, words), h("b", {}, share(filled[key]))));
  const said = h("div.sources", {}, ...parts, filled.note && h("p.source", {}, `Nothing was added: ${filled.note}.`));
  if (!item.sources || !(filled.borrowed + filled.generated > 0)) return h("div.portrait", {}, picture, said);
  const over = h("img.over", { alt: "", hidden: true });
  over.src = thumb(item.sources, 1024);
  picture.append(over);
  const box = h("input", { type: "checkbox", role: "switch", onchange: () => { over.hidden = !box.checked; } });
  const what = [filled.borrowed > 0 && "borrowed", filled.generated > 0 && "generated"].filter(Boolean).join(" and what is ");
  return h("div.portrait", {}, picture, said, h("label.row.switch", {}, box, h("span", {}, `Show what is ${what}`)));
}
