// One document with its cuts in place, and a map of them.

import { get } from "./api.js";
import { h, number, percent, plain, plural, put, quoted, s, shortened, to } from "./dom.js";
import { judge, undo } from "./judging.js";
import { chip, colour, crumbs, cut, heading, opinions, ruleName, sign, siteName, verdictBar } from "./parts.js";

const HEIGHT = 1000;

export async function article(app, given) {
  const seen = await get(`document/${given.id}`, { around: given.around });
  return new Article(app, seen, Number(given.id)).view();
}

class Article {
  constructor(app, seen, id) {
    Object.assign(this, { app, seen });
    this.cuts = seen.segments.filter((segment) => segment.kind !== "kept");
    this.at = Math.max(0, this.cuts.findIndex((segment) => segment.id === (seen.focus ?? id)));
    this.nodes = new Map();
    this.keys = {
      y: () => this.judge("right"), n: () => this.judge("wrong"), s: () => this.judge("skip"), u: () => undo(app),
      a: () => this.judge("right", "site"), e: () => this.judge("wrong", "site"),
      j: () => this.move(1), k: () => this.move(-1), Escape: () => app.up("queue"),
    };
  }

  view() {
    const { seen } = this;
    this.panel = h("aside", { class: "inspector", "aria-label": "The cut that is marked" });
    const element = h("div", { class: "document" },
      crumbs("Back", "#queue", () => this.app.up("queue")),
      heading("Document", h("p", { class: "lead" }, h("b", {}, siteName(seen.site)), " · ", quoted(seen.doc, "span", { class: "doc" }))),
      h("p", { class: "note" }, `${plural(seen.chars_in, "character")}, ${number(seen.chars_in - seen.chars_out)} of them gone (${percent((seen.chars_in - seen.chars_out) / Math.max(1, seen.chars_in))}) in ${plural(seen.removed, "cut")}; ${number(seen.flagged)} flagged. Struck through: removed. Dotted line: flagged, still there.`),
      seen.problem ? h("p", { class: "conflict" }, `⚠ The text cannot be shown: ${plain(seen.problem)}`) : null,
      seen.story_start ? h("section", { class: "story-start" }, h("h2", {}, "The story starts"), quoted(seen.story_start, "p", { class: "prose" })) : null,
      h("div", { class: "reading" }, this.text(), this.map(), this.panel));
    this.show(this.at, false);
    return { element, title: "Document", keys: this.keys, shown: () => this.scroll(false) };
  }

  text() {
    const { seen } = this;
    const page = h("article", { class: "prose page", dir: "auto", "aria-label": "Text of the document" });
    if (seen.start > 0) page.append(this.other("Earlier text", seen.start - 1000));
    for (const segment of seen.segments) {
      if (segment.kind === "kept") {
        page.append(quoted(segment.text));
        continue;
      }
      const node = cut(segment);
      node.addEventListener("click", () => this.show(this.cuts.indexOf(segment)));
      this.nodes.set(segment, node);
      page.append(node);
    }
    if (seen.end < seen.total) page.append(this.other("Later text", seen.end + 1000));
    return page;
  }

  other(words, around) {
    return h("p", { class: "elsewhere" }, h("a", { href: to("document", { id: this.seen.focus, around: Math.max(0, around) }) }, words));
  }

  map() {
    const { seen } = this;
    this.marks = new Map();
    return h("div", { class: "minimap" }, s("svg", { viewBox: `0 0 40 ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `Map of ${plural(seen.minimap.length, "cut")} from top to bottom` },
      s("rect", { class: "bar-ground", x: 0, y: 0, width: 40, height: HEIGHT }),
      s("rect", { class: "window", x: 0, y: (seen.start / Math.max(1, seen.total)) * HEIGHT, width: 40, height: ((seen.end - seen.start) / Math.max(1, seen.total)) * HEIGHT }),
      seen.minimap.map((mark) => {
        const node = s("rect", { class: `map-mark ${colour(mark.category)} ${mark.kind}`, x: mark.kind === "flagged" ? 22 : 2, y: mark.place * HEIGHT, width: mark.kind === "flagged" ? 16 : 36, height: Math.max(4, mark.size * HEIGHT), on: { click: () => this.go(mark.id) } }, s("title", {}, plain(mark.category)));
        this.marks.set(mark.id, node);
        return node;
      })));
  }

  go(id) {
    const place = this.cuts.findIndex((segment) => segment.id === id);
    if (place >= 0) this.show(place);
    else location.hash = to("document", { id });
  }

  show(place, scroll = true) {
    const before = this.cuts[this.at];
    this.nodes.get(before)?.classList.remove("focus");
    this.marks?.get(before?.id)?.classList.remove("here");
    this.at = Math.max(0, Math.min(place, this.cuts.length - 1));
    const now = this.cuts[this.at];
    this.nodes.get(now)?.classList.add("focus");
    this.marks?.get(now?.id)?.classList.add("here");
    this.inspect(now);
    if (scroll) this.scroll();
  }

  scroll(soft = true) {
    const calm = !soft || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.nodes.get(this.cuts[this.at])?.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  }

  inspect(segment) {
    if (!segment) {
      this.panel.replaceChildren(h("p", { class: "note" }, "No cut in this part."));
      return;
    }
    put(this.panel,
      h("h2", {}, `Cut ${this.at + 1} of ${this.cuts.length}`, " ", sign(segment.judged)),
      h("p", { class: "eyebrow" }, chip(segment.category), ruleName(segment.rule)),
      h("p", { class: "reason" }, plain(segment.reason)),
      h("p", { class: "note" }, `${segment.kind === "flagged" ? "Flagged" : "Removed"}, line ${number(segment.line)}, ${percent(segment.confidence, 0)} sure`),
      opinions(segment.verdicts),
      verdictBar(this.keys),
      h("p", {}, h("a", { href: to("single", { rule: segment.rule, fingerprint: segment.fingerprint }) }, "All like it")));
  }

  move(by) {
    this.show(this.at + by);
    const segment = this.cuts[this.at];
    if (segment) this.app.tell(`Cut ${this.at + 1} of ${this.cuts.length}, ${plain(segment.category)}: ${plain(shortened(segment.text, 60))}`, "moved");
  }

  judge(verdict, scope = "text") {
    const segment = this.cuts[this.at];
    if (!segment) return;
    if (scope === "site" && !this.seen.site) {
      this.app.tell("This document has no site: y and n judge this cut alone", "moved");
      return;
    }
    const [was, at] = [segment.judged, this.at];
    judge(this.app, {
      body: { id: segment.id, verdict, scope }, text: segment.text, wide: scope === "site" ? `on ${siteName(this.seen.site)}` : "here",
      show: () => { segment.judged = verdict; this.show(Math.min(this.at + 1, this.cuts.length - 1)); },
      revert: () => { segment.judged = was; this.show(at); },
    });
  }
}
