// Everything that was ever said of the closet, and the way back from each of it.
import { h, note } from "./dom.js";
import { get } from "./api.js";
import { listen } from "./closetful.js";
import { line } from "./item.js";

export async function enter(root) {
  async function again() {
    const acts = await get("/api/history", { limit: 500 });
    root.replaceChildren(h("div.wide.narrowpage", {}, h("h1", {}, "What you said"),
      h("p.soft", {}, "Your word stands above every model, in every run to come. Any of it can be taken back, and taking back as well."),
      acts.length ? h("ul.said", {}, acts.map((act) => {
        const li = line(act, again);
        if (act.items[0]) li.firstChild.replaceChildren(h("a", { href: `/item/${act.items[0]}` }, act.text), ...[...li.firstChild.childNodes].slice(1));
        return li;
      })) : note("Nothing yet", "Merge two items, rename one, answer a question: it is written down here.")));
  }
  await again();
  return listen((what) => { if (what === "items") again(); });
}
