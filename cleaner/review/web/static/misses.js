// What was missed: random short lines that were kept.

import { get } from "./api.js";
import { h, number, percent, plural, quoted, shortened, to } from "./dom.js";
import { judge, undo } from "./judging.js";
import { crumbs, empty, head, heading, sign, siteName, tail, verdictBar, where } from "./parts.js";
import { Walk } from "./walk.js";

export async function misses(app, given) {
  const seed = Math.max(0, Math.min(2 ** 31 - 1, Number(given.seed) || 0));
  const size = Math.max(1, Math.min(200, Number(given.size) || 50));
  return new Misses(app, { seed, size }, await get("misses", { seed, size })).view();
}

class Misses {
  constructor(app, asked, seen) {
    Object.assign(this, { app, asked, seen });
    this.meter = h("section", { class: "panel meter", "aria-label": "Junk that remains" });
    this.keys = {
      y: () => this.give("right"), n: () => this.give("wrong"), s: () => this.give("skip"), u: () => undo(app),
      j: () => this.walk.move(1), k: () => this.walk.move(-1), Escape: () => app.up("measure"),
    };
    this.walk = new Walk({ label: "Kept lines", row: (line) => this.row(line), card: (line) => this.card(line), end: () => this.end() });
    this.walk.add(seen.lines.map((line, place) => ({ ...line, place, judged: line.judged ?? "" })));
  }

  view() {
    const { seen } = this;
    this.tell();
    this.walk.at = -1;
    this.walk.next();
    const element = h("div", {}, crumbs("Measure", "#measure"),
      heading("What was missed", h("p", { class: "lead" }, `${plural(seen.lines.length, "random short line")} out of ${plural(seen.documents, "document")}. Does each belong to its article?`)),
      this.meter, this.walk.element);
    return { element, title: "What was missed", keys: this.keys, shown: () => this.walk.show(this.walk.at) };
  }

  tell() {
    const { seen, walk: { items } } = this;
    const count = (judged) => items.filter((line) => line.judged === judged).length;
    const [junk, good, skipped] = [count("wrong"), count("right"), count("skip")];
    const known = junk + good && seen.high !== undefined && seen.high !== null;
    this.meter.replaceChildren(h("div", { class: "meter-head" },
      h("p", { class: "big" }, known ? `${percent(seen.low)} – ${percent(seen.high)}` : "–", h("small", {}, "of short kept lines are junk, 95 % sure")),
      h("dl", { class: "facts" }, [
        ["belong there", good], ["junk left", junk], ["skipped", skipped], ["to judge", items.length - junk - good - skipped], ["short lines seen", seen.short_lines],
      ].map(([title, value]) => h("div", {}, h("dt", {}, title), h("dd", {}, number(value)))))));
  }

  async refresh() {
    this.seen = { ...this.seen, ...(await get("misses", this.asked).catch(() => ({}))) };
    this.tell();
  }

  give(verdict) {
    const line = this.walk.item;
    if (!line) return;
    const [was, at, { seed, size }] = [line.judged, this.walk.at, this.asked];
    judge(this.app, {
      body: { seed, size, place: line.place, verdict, scope: "text", sample: `misses-${seed}-${size}` }, text: line.text,
      show: () => { line.judged = verdict; this.walk.mark(at); this.tell(); this.walk.next(); },
      revert: () => { line.judged = was; this.walk.mark(at); this.tell(); this.walk.show(at); },
      undone: () => this.refresh(),
      done: () => this.refresh(),
    });
  }

  row(line) {
    return [quoted(shortened(line.text, 60), "span", { class: "row-text" }), h("small", {}, siteName(line.site))];
  }

  card(line) {
    return h("article", { class: "card", "aria-labelledby": "now" },
      h("p", { class: "eyebrow" }, h("span", { class: "action kept" }, "kept"), h("span", {}, `${this.walk.at + 1} of ${this.walk.items.length}`), sign(line.judged)),
      h("h2", { class: "unseen", id: "now" }, `Kept line ${this.walk.at + 1}`),
      h("div", { class: "context" }, h("p", { class: "prose", dir: "auto" }, quoted(tail(line.before.trimEnd(), 240)), "\n\n", quoted(line.text, "mark", { class: "cut focus kept" }), "\n\n", quoted(head(line.after.trimStart(), 240)))),
      where(line), verdictBar(this.keys, { words: { y: "Belongs there", n: "Junk" } }));
  }

  end() {
    if (!this.walk.items.length) return empty("No short lines", "Nothing short was kept in the articles that were read.");
    const next = to("misses", { seed: this.asked.seed + 1, size: this.asked.size });
    return empty("All of these are judged", "Draw others for a narrower interval.", h("p", {}, h("a", { class: "primary", href: next }, "Draw others")));
  }
}
