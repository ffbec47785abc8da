// Before the first paint, so that a dark page never flashes white.
(() => {
  let theme = null;
  try { theme = localStorage.getItem("theme"); } catch { /* storage is switched off */ }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();

// What the closet shows first is asked for before the modules that show it have come.
window.early = {};
if (location.pathname === "/") {
  const query = new URLSearchParams(location.search);
  if (!query.has("sort")) query.append("sort", "recent");
  for (const path of ["/api/items", `/api/search?${query}`]) window.early[path] = fetch(path, { cache: "no-cache" });
}
