// A sample of a rule's removals is judged one by one, and what it proves so far stands above.

import { Ahead, get } from "./api.js";
import { h, number, percent, plain, plural, quoted, shortened, to } from "./dom.js";
import { judge, undo } from "./judging.js";
import { chip, crumbs, empty, heading, inContext, ruleName, sign, siteName, verdictBar, where } from "./parts.js";
import { bound, gauge } from "./pictures.js";
import { Walk } from "./walk.js";

const GONE = { text: "", reason: "", category: "", site: "", doc: "", line: 0 };

export class Sampled {
  constructor(app, standing) {
    Object.assign(this, { app, standing });
    this.whole = new Ahead((id) => get(`removal/${id}`));
    this.meter = h("section", { class: "panel meter", "aria-label": "Precision so far" });
    this.keys = {
      y: () => this.give("right"), n: () => this.give("wrong"), s: () => this.give("skip"), u: () => undo(app),
      j: () => this.walk.move(1), k: () => this.walk.move(-1), Enter: () => this.open(), Escape: () => app.up("measure"),
    };
    this.walk = new Walk({
      label: "The sample", row: (item) => this.row(item), card: (item) => this.card(item),
      ahead: (next, now) => this.ahead(next, now), end: () => this.end(),
    });
    this.walk.add(standing.items.map((item) => ({ ...(item.removal ?? GONE), id: item.id, judged: item.judged })));
  }

  view() {
    const { standing } = this;
    this.tell();
    this.walk.at = -1;
    this.walk.next();
    const element = h("div", {}, crumbs("Measure", "#measure"),
      heading(["Measuring ", ruleName(standing.rule)], h("p", { class: "lead" }, sentence(standing.stated))), this.meter, this.walk.element);
    return { element, title: `Measuring ${plain(standing.rule)}`, keys: this.keys, shown: () => this.walk.show(this.walk.at) };
  }

  tell() {
    const { standing } = this;
    const judged = standing.right + standing.wrong;
    this.meter.replaceChildren(
      h("div", { class: "meter-head" },
        h("p", { class: "big" }, judged ? bound(standing) : "–", h("small", {}, standing.exact ? "right, all of them judged" : "right, 95 % sure")),
        h("dl", { class: "facts" }, [
          ["right", number(standing.right)], ["wrong", number(standing.wrong)], ["skipped", number(standing.skip)], ["left", number(standing.left)],
          ["more for 95 %", more(standing.needed_95)], ["more for 99 %", more(standing.needed_99)],
        ].map(([title, value]) => h("div", {}, h("dt", {}, title), h("dd", {}, value))))),
      h("div", { class: "meter-scale" }, gauge(standing), h("p", { class: "note", id: "bound" }, standingWords(standing))));
    if (!this.walk.item) this.walk.draw(); // what stands at the end says the same
  }

  async refresh() {
    this.standing = await get("sample", { name: this.standing.name }).catch(() => this.standing);
    this.tell();
  }

  /** The places of a removal; where it was drawn twice, one verdict is for both. */
  mark(item, judged) {
    for (const each of this.walk.items.filter((other) => other.id === item.id)) {
      each.judged = judged;
      this.walk.mark(this.walk.items.indexOf(each));
    }
  }

  give(verdict) {
    const item = this.walk.item;
    if (!item || item.id === null) return;
    const [was, at] = [item.judged, this.walk.at];
    judge(this.app, {
      body: { id: item.id, verdict, scope: "text", sample: this.standing.name }, text: item.text,
      show: () => { this.mark(item, verdict); this.walk.next(); },
      revert: () => { this.mark(item, was); this.walk.show(at); },
      undone: () => this.refresh(),
      done: (said) => {
        if (!said.standing) return;
        this.standing = { ...this.standing, ...said.standing };
        this.tell();
        this.app.tell(standingWords(this.standing), verdict);
      },
    });
  }

  open() {
    if (this.walk.item && this.walk.item.id !== null) location.hash = to("document", { id: this.walk.item.id });
  }

  ahead(next, now) {
    for (const item of [now, ...next]) if (item.id !== null) this.whole.get(item.id).catch(() => {});
  }

  row(item) {
    return [quoted(shortened(item.text, 60), "span", { class: "row-text" }), h("small", {}, siteName(item.site))];
  }

  card(item) {
    const gone = item.id === null;
    const more = gone ? item : this.whole.now(item.id);
    if (!more) this.whole.get(item.id).then(() => { if (this.walk.item === item) this.walk.draw(); }, () => {});
    return h("article", { class: "card", "aria-labelledby": "now" },
      h("p", { class: "eyebrow" }, chip(item.category), h("span", {}, `${this.walk.at + 1} of ${this.walk.items.length}`), sign(item.judged)),
      h("h2", { class: "unseen", id: "now" }, `Drawn ${this.walk.at + 1}`),
      gone ? h("p", { class: "note" }, "This log does not hold it any more.") : [inContext(more ?? item, { long: true }), where(item)],
      h("p", { class: "reason" }, plain(item.reason)), verdictBar(this.keys, { words: { Enter: "Document" } }));
  }

  end() {
    return empty("The sample is judged", standingWords(this.standing),
      h("p", {}, h("a", { class: "primary", href: "#measure" }, "Measure another rule")));
  }
}

const sentence = (words) => plain(`${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`);

/** How many more must be right until a bound is reached. */
function more(needed) {
  if (needed === 0) return "reached";
  return needed === null || needed === undefined ? "out of reach" : number(needed);
}

/** What a sample proves so far, and where it ends. */
function standingWords(standing) {
  const { right, wrong, skip, left, whole, exact, lower } = standing;
  const judged = right + wrong;
  const all = judged + skip + left;
  if (exact) return `${number(judged)} of ${number(all)}: all there is; no more to draw. ${percent(lower)} are right, which is known and no estimate.`;
  if (!judged) return whole ? `Nothing judged yet; these ${number(all)} are all there is.` : "Nothing judged yet.";
  const after = whole ? `${number(judged)} of ${number(all)}, which is all there is` : plural(judged, "verdict");
  const rest = left ? "" : whole ? ` No more to draw; ${number(skip)} skipped.` : standing.needed_95 === 0 ? "" : " This sample ends here; for more draw a larger one.";
  return `At least ${percent(lower)} right (95 % sure) after ${after}; ${need("95 %", standing.needed_95)}; ${need("99 %", standing.needed_99)}.${rest}`;
}

function need(name, count) {
  if (count === 0) return `${name} is reached`;
  return count === null || count === undefined ? `${name} is out of reach` : `${number(count)} more right for ${name}`;
}
