// Talking to the server. Every trouble becomes a Problem with a sentence to show.

export class Problem extends Error {
  constructor(status, body) {
    super(body?.message || "The server can't be reached. Is `wardrobe serve` still running?");
    this.status = status;
    this.error = body?.error || "Unreachable";
    this.more = body?.more || {};
  }
}

let session = null;
const known = () => (session ??= ask("GET", "/api/session").catch((e) => { session = null; throw e; }));
export const local = async () => (await known()).local;

async function ask(method, path, { body, raw, signal } = {}) {
  const headers = {};
  if (method !== "GET") headers["x-wardrobe-csrf"] = (await known()).csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  let response, answer;
  try {
    const early = method === "GET" && window.early?.[path];
    if (early) delete window.early[path];
    response = await (early || fetch(path, {
      method, headers, signal, cache: method === "GET" ? "no-cache" : "no-store",
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    }));
    const type = response.headers.get("content-type") || "";
    answer = type.includes("json") ? await response.json() : await response.blob(); // may break off as well
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Problem(0, null);
  }
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}

/** The server was started anew since the page was loaded: take its new token, and once more. */
async function change(method, path, options) {
  try {
    return await ask(method, path, options);
  } catch (e) {
    if (e.error !== "Csrf") throw e;
    session = null;
    return ask(method, path, options);
  }
}

export const get = (path, query = {}, options = {}) => ask("GET", path + search(query), options);
export const post = (path, body = {}) => change("POST", path, { body });
export const remove = (path) => change("DELETE", path, {});
export const send = (path, file, query = {}) => change("POST", path + search(query), { raw: file });

/** A query string; lists repeat their key, what is empty is left out. */
export function search(query) {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "" && one !== false) out.append(key, one);
    }
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

/** Hand a file to the person: to the system's share sheet where there is one, else as a download. */
export async function handOut(blob, name) {
  const file = new File([blob], name, { type: blob.type });
  if (navigator.canShare?.({ files: [file] }) && matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ files: [file] });
      return true;
    } catch (e) {
      if (e.name === "AbortError") return false;
    }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return true;
}
