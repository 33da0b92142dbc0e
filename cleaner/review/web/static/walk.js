// A list on the left and one thing of it at length on the right: how people go through groups, removals and samples.

import { h } from "./dom.js";
import { sign } from "./parts.js";

export class Walk {
  /** `row` gives what the list shows of an item, `card` the whole of it; `ahead` is called with what comes next. */
  constructor({ label, row, card, ahead = () => {}, more = null, end }) {
    Object.assign(this, { row, card, ahead, more, end });
    this.items = [];
    this.rows = [];
    this.at = 0;
    this.list = h("ol", { class: "rows", "aria-label": label });
    this.stage = h("section", { class: "stage", "aria-label": "What is judged", tabindex: "-1" });
    this.element = h("div", { class: "walk" }, this.stage, h("div", { class: "side" }, this.list));
  }

  get item() {
    return this.items[this.at];
  }

  add(items) {
    for (const item of items) {
      const place = this.items.push(item) - 1;
      const row = h("li", {}, h("button", { type: "button", class: "row", tabindex: "-1", on: { click: () => this.show(this.items.indexOf(item)) } }));
      this.rows.push(row);
      this.list.append(row);
      this.mark(place);
    }
  }

  /** Puts an item before the one that is shown. */
  insert(item) {
    const here = this.items.indexOf(item);
    if (here >= 0) return this.show(here);
    const place = Math.min(this.at, this.items.length);
    this.items.splice(place, 0, item);
    const row = h("li", {}, h("button", { type: "button", class: "row", tabindex: "-1", on: { click: () => this.show(this.items.indexOf(item)) } }));
    this.rows.splice(place, 0, row);
    this.list.insertBefore(row, this.list.children[place] ?? null);
    this.mark(place);
    return this.show(place);
  }

  mark(place) {
    const item = this.items[place];
    const button = this.rows[place]?.firstChild;
    button?.replaceChildren(sign(item.judged), h("span", { class: "row-words" }, this.row(item)));
  }

  show(place) {
    this.rows[this.at]?.firstChild.removeAttribute("aria-current");
    this.rows[this.at]?.firstChild.setAttribute("tabindex", "-1");
    this.at = Math.max(0, Math.min(place, this.items.length));
    const item = this.items[this.at];
    const row = this.rows[this.at]?.firstChild;
    row?.setAttribute("aria-current", "true");
    row?.setAttribute("tabindex", "0");
    if (row && this.list.scrollHeight > this.list.clientHeight) {
      const middle = row.offsetTop - this.list.clientHeight / 2 + row.offsetHeight / 2;
      this.list.scrollTop = Math.max(0, middle);
    }
    this.draw();
    if (item) this.ahead(this.items.slice(this.at + 1, this.at + 5), item);
    if (this.more && this.at > this.items.length - 15) this.more();
  }

  draw() {
    const item = this.item;
    this.stage.replaceChildren(item ? this.card(item) : this.end());
  }

  move(by) {
    if (this.at + by >= 0 && this.at + by < this.items.length) this.show(this.at + by);
  }

  /** On to the next that is not judged. */
  next() {
    let place = this.at + 1;
    while (place < this.items.length && this.items[place].judged) place += 1;
    this.show(place);
  }
}
