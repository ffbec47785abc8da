// What the page knows of the closet, read again whenever the server says that it changed.
import { get } from "./api.js";

export const closet = { version: -1, items: new Map(), words: null, run: null, tryon: null };
const listeners = new Set();

/** Be told of changes: fn("items" | "run" | "tryon" | "line"); returns how to stop. */
export function listen(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}
const tell = (what) => { for (const fn of [...listeners]) fn(what); };

export async function words() {
  closet.words ??= await get("/api/words");
  return closet.words;
}

let loading = null;
/** Read every item, unless what is known is of the version wanted. */
export function load(version = null) {
  if (version !== null && version === closet.version) return Promise.resolve(closet);
  loading ??= get("/api/items")
    .then((found) => {
      const changed = found.version !== closet.version;
      closet.version = found.version;
      closet.items = new Map(found.items.map((i) => [i.id, i]));
      loading = null;
      if (changed) tell("items");
      return closet;
    })
    .catch((e) => { loading = null; throw e; });
  return loading;
}

let line = null;
export let connected = true;
/** The line over which the server tells of runs and changes; it is taken up again by itself. */
export function connect() {
  line = new EventSource("/api/live");
  line.addEventListener("run", (e) => { closet.run = JSON.parse(e.data); tell("run"); });
  line.addEventListener("tryon", (e) => { closet.tryon = JSON.parse(e.data); tell("tryon"); });
  line.addEventListener("version", (e) => {
    const { version } = JSON.parse(e.data);
    if (closet.version >= 0 && version !== closet.version) load(version).catch(() => {});
  });
  line.onopen = () => { if (!connected) { connected = true; tell("line"); } };
  line.onerror = () => {
    if (connected) { connected = false; tell("line"); }
    if (line.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}
addEventListener("pagehide", () => line?.close());
addEventListener("pageshow", (e) => { if (e.persisted) connect(); });
