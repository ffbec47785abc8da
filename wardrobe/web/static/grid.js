// A grid of any length: only the cards in sight are elements. The window scrolls.
import { h, tile, month, plural } from "./dom.js";

const GAP = 16;
const TEXT = 74; // px below a tile: two lines of name, one of facts

/** Args: get(id) -> item; onopen(id); selection with has/toggle; ondrop(from, to). */
export class Grid {
  constructor({ get, onopen, selection, ondrop }) {
    Object.assign(this, { get, onopen, selection, ondrop });
    this.ids = [];
    this.cards = new Map();
    this.selecting = false;
    this.last = null;
    this.el = h("ul.grid", { role: "list", "aria-label": "Items", onkeydown: (e) => this.key(e) });
    this.soon = 0;
    this.onscroll = () => { this.soon ||= requestAnimationFrame(() => { this.soon = 0; this.draw(); }); };
    addEventListener("scroll", this.onscroll, { passive: true });
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(this.el);
  }

  leave() {
    removeEventListener("scroll", this.onscroll);
    this.sizes.disconnect();
  }

  /** Show these, in this order; cards that stay keep their elements. */
  show(ids) {
    this.ids = ids;
    this.place = new Map(ids.map((id, n) => [id, n]));
    for (const [id, card] of this.cards) if (!this.place.has(id)) { card.remove(); this.cards.delete(id); }
    this.measure(true);
  }

  /** The items themselves have changed: make their cards anew. */
  renew() {
    const focused = this.el.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.id : null;
    for (const card of this.cards.values()) card.remove();
    this.cards.clear();
    this.draw();
    if (focused) this.cards.get(focused)?.querySelector("a").focus({ preventScroll: true });
  }

  measure(force = false) {
    const width = this.el.clientWidth;
    if (!width || (width === this.width && !force)) return this.draw();
    this.width = width;
    const least = width < 520 ? 138 : 172;
    this.cols = Math.max(2, Math.floor((width + GAP) / (least + GAP)));
    this.side = (width - GAP * (this.cols - 1)) / this.cols;
    this.high = this.side + TEXT + GAP;
    this.el.style.height = `${Math.max(0, Math.ceil(this.ids.length / this.cols) * this.high - GAP)}px`;
    this.draw(true);
  }

  draw(moved = false) {
    if (!this.cols || !this.el.isConnected) return;
    const top = this.el.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor((-top - innerHeight * 0.6) / this.high)) * this.cols;
    const last = Math.min(this.ids.length, Math.ceil((-top + innerHeight * 1.6) / this.high) * this.cols);
    const wanted = new Set(this.ids.slice(first, last));
    const focused = document.activeElement?.closest?.(".grid li");
    for (const [id, card] of this.cards) {
      if (!wanted.has(id) && card !== focused) { card.remove(); this.cards.delete(id); }
    }
    let before = null;
    for (let n = first; n < last; n += 1) {
      const id = this.ids[n];
      let card = this.cards.get(id);
      if (!card) {
        card = this.card(id);
        if (!card) continue;
        this.cards.set(id, card);
        if (before) before.after(card);
        else this.el.prepend(card);
        this.put(card, n);
      } else if (moved || card.place !== n || card.of !== this.ids.length) {
        if (before ? before.nextSibling !== card : this.el.firstChild !== card) before ? before.after(card) : this.el.prepend(card);
        this.put(card, n);
      }
      before = card;
    }
  }

  put(card, n) {
    card.place = n;
    card.of = this.ids.length;
    card.style.width = `${this.side}px`;
    card.style.transform = `translate(${(n % this.cols) * (this.side + GAP)}px, ${Math.floor(n / this.cols) * this.high}px)`;
    card.setAttribute("aria-posinset", n + 1);
    card.setAttribute("aria-setsize", this.ids.length);
  }

  card(id) {
    const item = this.get(id);
    if (!item) return null;
    const times = item.worn === 1 ? "Worn once" : this.side < 165 ? `Worn ${item.worn}×` : `Worn ${item.worn} times`;
    const facts = item.last ? `${times} · ${month(item.last)}` : plural(item.photos, "photo");
    const box = h("input.pick", { type: "checkbox", checked: this.selection.has(id), "aria-label": `Select ${item.name}`,
      onclick: (e) => { e.stopPropagation(); this.pick(id, e.shiftKey); } });
    const link = h("a.card", { href: `/item/${id}`, draggable: true, onclick: (e) => {
      if (this.selecting || e.ctrlKey || e.metaKey || e.shiftKey) { e.preventDefault(); e.stopPropagation(); this.pick(id, e.shiftKey); }
    } }, tile(item.thumb, this.side, { eager: true }), h("span.name", {}, item.name), h("span.facts", {}, facts));
    const li = h("li", { data: { id } }, link, box, item.flagged && h("span.badge", { title: "Worth a look" }, "Look"));
    li.classList.toggle("chosen", this.selection.has(id));
    this.draggable(li, link, id);
    return li;
  }

  draggable(li, link, id) {
    link.addEventListener("dragstart", (e) => {
      e.dataTransfer.setData("application/x-wardrobe-item", id);
      e.dataTransfer.effectAllowed = "copyMove";
      const image = link.querySelector("img");
      if (image) e.dataTransfer.setDragImage(image, 40, 40);
      this.dragged = id;
    });
    link.addEventListener("dragend", () => { this.dragged = null; });
    li.addEventListener("dragover", (e) => {
      if (!this.dragged || this.dragged === id) return;
      e.preventDefault();
      li.classList.add("over");
    });
    li.addEventListener("dragleave", () => li.classList.remove("over"));
    li.addEventListener("drop", (e) => {
      li.classList.remove("over");
      const from = e.dataTransfer.getData("application/x-wardrobe-item");
      if (from && from !== id) { e.preventDefault(); this.ondrop(from, id); }
    });
  }

  pick(id, range) {
    if (range && this.last && this.place.has(this.last)) {
      const [a, b] = [this.place.get(this.last), this.place.get(id)].sort((x, y) => x - y);
      for (const one of this.ids.slice(a, b + 1)) this.selection.add(one);
    } else this.selection.toggle(id);
    this.last = id;
    this.marks();
  }

  /** Show what is selected. */
  marks() {
    for (const [id, card] of this.cards) {
      card.classList.toggle("chosen", this.selection.has(id));
      card.querySelector(".pick").checked = this.selection.has(id);
    }
  }

  key(e) {
    const li = e.target.closest("li");
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.cols, ArrowUp: -this.cols }[e.key];
    if (!li) return;
    if (e.key === " " && e.target.matches("a")) { e.preventDefault(); return void this.pick(li.dataset.id, e.shiftKey); }
    const to = e.key === "Home" ? 0 : e.key === "End" ? this.ids.length - 1 : step === undefined ? null : li.place + step;
    if (to === null || to < 0 || to >= this.ids.length) return;
    e.preventDefault();
    this.focus(to);
  }

  /** Bring a card into sight and put the focus on it. */
  focus(n) {
    const top = this.el.getBoundingClientRect().top + scrollY + Math.floor(n / this.cols) * this.high;
    const head = 150;
    if (top < scrollY + head) scrollTo({ top: top - head, behavior: "instant" });
    else if (top + this.high > scrollY + innerHeight - 80) scrollTo({ top: top + this.high - innerHeight + 80, behavior: "instant" });
    this.draw();
    this.cards.get(this.ids[n])?.querySelector("a").focus({ preventScroll: true });
  }
}
