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
let heard = -1; // the version the line told of before any item was read
/** Read every item, unless what is known is of the version wanted. */
export function load(version = null) {
  if (version !== null && version === closet.version) return Promise.resolve(closet);
  loading ??= get("/api/items")
    .then((found) => {
      const before = closet.version >= 0 ? closet.version : heard;
      closet.version = found.version;
      closet.items = new Map(found.items.map((i) => [i.id, i]));
      loading = null;
      if (before >= 0 && before !== found.version) tell("items");
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
    if (closet.version < 0) heard = heard < 0 ? version : heard;
    else if (version !== closet.version) load(version).catch(() => {});
  });
  line.onopen = () => { if (!connected) { connected = true; tell("line"); } };
  line.onerror = () => {
    if (connected) { connected = false; tell("line"); }
    if (line.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}
addEventListener("pagehide", () => line?.close());
addEventListener("pageshow", (e) => { if (e.persisted) connect(); });
