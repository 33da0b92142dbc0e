// The removals of one group, each in its context.

import { Ahead, get } from "./api.js";
import { h, number, plain, quoted, shortened, to } from "./dom.js";
import { judge, undo } from "./judging.js";
import { chip, crumbs, empty, heading, inContext, opinions, ruleName, siteName, verdictBar, where } from "./parts.js";
import { Walk } from "./walk.js";

export async function single(app, given) {
  const view = new Single(app, { rule: given.rule, fingerprint: given.fingerprint, site: given.site });
  await view.load();
  return view.view();
}

class Single {
  constructor(app, key) {
    Object.assign(this, { app, key, cursor: null, loading: false });
    this.whole = new Ahead((id) => get(`removal/${id}`));
    this.keys = {
      y: () => this.give("right"), n: () => this.give("wrong"), s: () => this.give("skip"), u: () => undo(app),
      a: () => this.give("right", "site"), e: () => this.give("wrong", "site"), j: () => this.walk.move(1), k: () => this.walk.move(-1),
      Enter: () => { if (this.walk.item) location.hash = to("document", { id: this.walk.item.id }); }, Escape: () => app.up("queue"),
    };
    this.walk = new Walk({
      label: "Removals", row: (removal) => this.row(removal), card: (removal) => this.card(removal),
      ahead: (next, now) => [now, ...next].forEach((removal) => this.whole.get(removal.id).catch(() => {})),
      more: () => this.load(), end: () => empty("That was all of this group", "Esc leads back to the queue."),
    });
  }

  async load() {
    if (this.loading || (this.walk.items.length && !this.cursor)) return;
    this.loading = true;
    try {
      const said = await get("removals", { ...this.key, after: this.cursor, limit: 50 });
      this.cursor = said.next;
      this.walk.add(said.removals);
    } finally {
      this.loading = false;
    }
  }

  view() {
    const first = this.walk.items[0];
    this.walk.show(0);
    const lead = first ? [ruleName(first.rule), " · ", quoted(shortened(first.text, 90))] : "Nothing here.";
    const element = h("div", {}, crumbs("Queue", "#queue", () => this.app.up("queue")), heading("One by one", h("p", { class: "lead" }, lead)), this.walk.element);
    return { element, title: "One by one", keys: this.keys };
  }

  give(verdict, scope = "text") {
    const { walk, app } = this;
    const removal = walk.item;
    if (!removal) return;
    if (scope === "site" && !removal.site) {
      app.tell("This text has no site: y and n judge it alone", "moved");
      return;
    }
    const touched = scope === "site" ? walk.items.filter((each) => each.site === removal.site) : [removal];
    const [was, at] = [touched.map((each) => each.judged), walk.at];
    const mark = (each, judged) => { each.judged = judged; walk.mark(walk.items.indexOf(each)); };
    judge(app, {
      body: { id: removal.id, verdict, scope }, text: removal.text, wide: scope === "site" ? `on ${siteName(removal.site)}` : "here",
      show: () => { touched.forEach((each) => mark(each, verdict)); walk.next(); },
      revert: () => { touched.forEach((each, place) => mark(each, was[place])); walk.show(at); },
      done: () => this.whole.forget(removal.id),
    });
  }

  row(removal) {
    return [h("span", { class: "row-text" }, siteName(removal.site)), h("small", {}, quoted(shortened(removal.doc, 40)), ` · line ${number(removal.line)}`)];
  }

  card(removal) {
    const more = this.whole.now(removal.id);
    if (!more) this.whole.get(removal.id).then(() => { if (this.walk.item === removal) this.walk.draw(); }, () => {});
    return h("article", { class: "card", "aria-labelledby": "now" },
      h("p", { class: "eyebrow" }, chip(removal.category), ruleName(removal.rule), h("span", { class: `action ${removal.action}` }, removal.action), removal.judged ? h("span", { class: `was ${removal.judged}` }, `judged ${removal.judged}`) : null),
      h("h2", { class: "unseen", id: "now" }, `In ${plain(removal.doc)}`), inContext(more ?? removal, { long: true }), where(removal),
      h("p", { class: "reason" }, plain(removal.reason)), removal.also?.length ? h("p", { class: "note" }, `Also wanted by ${plain(removal.also.join(", "))}.`) : null,
      opinions(more?.verdicts), verdictBar(this.keys, { words: { Enter: "Document" } }));
  }
}
