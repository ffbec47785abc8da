// The item's picture, and where each of its pixels comes from: seen, borrowed, generated.
import { h, thumb, tile } from "./dom.js";

const SAYS = [["seen", "this photo"], ["borrowed", "other photos"], ["generated", "filled in"]];
const share = (value) => (value < 0.01 ? "under 1 %" : `${Math.round(value * 100)} %`);

export function provenance(item) {
  const picture = tile(item.thumb, 512, { alt: item.name, eager: true });
  const filled = item.filled;
  if (!filled) return h("div.portrait", {}, picture);
  const parts = SAYS.filter(([key]) => filled[key] > 0).map(([key, words]) =>
    h("span.source", {}, h(`i.${key}`, { "aria-hidden": "true" }), `${words} ${share(filled[key])}`));
  const said = h("p.sources", {}, ...parts, filled.note && h("span", {}, `Cut-out only: ${filled.note}.`));
  if (!item.sources || !(filled.borrowed + filled.generated > 0)) return h("div.portrait", {}, picture, said);
  const over = h("img.over", { alt: "", hidden: true });
  over.src = thumb(item.sources, 1024);
  picture.append(over);
  const box = h("input", { type: "checkbox" });
  box.addEventListener("change", () => { over.hidden = !box.checked; });
  return h("div.portrait", {}, picture, said, h("label.row", {}, box, "Show what was filled"));
}
