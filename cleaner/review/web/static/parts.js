// Parts that several pages show: categories, cuts in their context, verdicts, keys.

import { h, number, plain, quoted, shortened, to } from "./dom.js";

const WORDS = { right: "right", wrong: "wrong", skip: "skipped" };
const SIGNS = { right: "✓", wrong: "✕", skip: "–", "": "·" };

const known = new Set(
  ("consent player browser-notice radio-widget ad share newsletter paywall promo related navigation copyright about " +
    "author-bio comments embed caption credit timestamp duplicate markup spliced-story other").split(" "),
);

/** The class of a category's colour; names that are not ours have that of `other`. */
export const colour = (category) => `cat-${known.has(category) ? category : "other"}`;

export function chip(category) {
  return h("span", { class: `chip ${colour(category)}` }, h("i", { "aria-hidden": "true" }), plain(category));
}

export function ruleName(rule) {
  return h("span", { class: "rule", dir: "ltr" }, plain(rule));
}

export const siteName = (site) => plain(site) || "no site";

export function sign(judged) {
  return h("span", { class: `sign ${judged || "todo"}` },
    h("span", { "aria-hidden": "true" }, SIGNS[judged ?? ""] ?? "·"),
    h("span", { class: "unseen" }, WORDS[judged] ?? "not judged"));
}

/** A cut within what stands around it. */
export function inContext(removal, { long = false } = {}) {
  const context = removal.context;
  if (!context || context.problem) {
    return h("div", { class: "context" },
      quoted(removal.text, "p", { class: "prose lone" }),
      h("p", { class: "note" }, context ? `What stands around it cannot be shown: ${plain(context.problem)}` : "Loading what stands around it …"));
  }
  const reach = long ? 280 : 200;
  const parts = context.segments?.length ? around(context.segments, removal, reach) : [
    quoted(tail(context.before, reach)), cut(removal, { focus: true }), quoted(head(context.after, reach)),
  ];
  return h("div", { class: "context" }, h("p", { class: "prose", dir: "auto" }, parts));
}

function around(segments, removal, reach) {
  const at = segments.findIndex((segment) => segment.id === removal.id);
  if (at < 0) return [quoted(tail(removal.context.before, reach)), cut(removal, { focus: true }), quoted(head(removal.context.after, reach))];
  const before = [];
  const after = [];
  let room = reach;
  for (let i = at - 1; i >= 0 && room > 0; i--) {
    before.unshift(piece({ ...segments[i], text: tail(segments[i].text, room) }));
    room -= segments[i].text.length;
  }
  room = reach;
  for (let i = at + 1; i < segments.length && room > 0; i++) {
    after.push(piece({ ...segments[i], text: head(segments[i].text, room) }));
    room -= segments[i].text.length;
  }
  return [before, cut({ ...segments[at], ...removal }, { focus: true }), after];
}

const piece = (segment) => (segment.kind === "kept" ? quoted(segment.text) : cut(segment));

// Cut at a word if one ends soon, else at a code point, so that no half of a pair remains.
export function tail(text, size) {
  if (text.length <= size) return text;
  const rest = Array.from(text.slice(-size)).slice(1).join("");
  return `… ${rest.replace(/^\S{1,20}\s+/u, "")}`;
}

export function head(text, size) {
  if (text.length <= size) return text;
  const rest = Array.from(text.slice(0, size)).slice(0, -1).join("");
  return `${rest.replace(/\s+\S{1,20}$/u, "")} …`;
}

/** A text that went or is flagged, marked by its category in colour, by a line through or below it, and in words. */
export function cut(removal, { focus = false } = {}) {
  const flagged = removal.kind === "flagged" || removal.action === "flagged";
  return h(flagged ? "mark" : "del", {
    class: `cut ${colour(removal.category)} ${flagged ? "flagged" : ""} ${focus ? "focus" : ""}`.trim(), dir: "auto",
  }, h("span", { class: "unseen" }, flagged ? `[flagged as ${plain(removal.category)}: ` : `[cut as ${plain(removal.category)}: `),
    quoted(removal.text), h("span", { class: "unseen" }, "]"));
}

export function where(removal) {
  const parts = [h("b", {}, siteName(removal.site)), quoted(removal.doc, "span", { class: "doc" }), `line ${number(removal.line)}`];
  return h("p", { class: "where" }, parts.map((part, place) => [place ? h("i", { "aria-hidden": "true" }, " · ") : null, part]));
}

export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter(Boolean).map(([name, value]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

export function button(label, key, act, attributes = {}) {
  return h("button", { type: "button", "aria-keyshortcuts": key, ...attributes, on: { click: act } },
    h("span", {}, label), key ? h("kbd", { "aria-hidden": "true" }, key) : null);
}

/** The row of buttons that judge; each names its key. */
export function verdictBar(keys, { words = {}, leave = [] } = {}) {
  const all = [
    ["y", words.y ?? "Right", "right"], ["n", words.n ?? "Wrong", "wrong"], ["s", "Skip", "skip"], ["u", "Undo", "undo"],
    ["a", "Right on site", "wide"], ["e", "Exception", "wide"], ["Enter", words.Enter ?? "Look closer", "wide"],
  ];
  return h("div", { class: "verdicts", role: "group", "aria-label": "Verdict" },
    all.filter(([key]) => keys[key] && !leave.includes(key)).map(([key, label, kind]) =>
      button(label, key, () => keys[key](), { class: `verdict ${kind}` })));
}

/** What reviewers said, newest first, conflicts before all. */
export function opinions(verdicts, conflicts = []) {
  if (!verdicts?.length && !conflicts?.length) return null;
  return h("section", { class: "opinions", "aria-label": "Verdicts so far" },
    conflicts?.length
      ? h("p", { class: "conflict" }, h("b", {}, "⚠ Reviewers differ. "),
          conflicts.slice(0, 3).map((conflict) => h("span", {},
            conflict.verdicts.map((verdict, place) => [place ? ", " : "", plain(verdict.reviewer), " says ", h("b", {}, verdict.verdict)]),
            conflict.scope === "group" ? " of all of it" : conflict.scope === "site" ? ` on ${siteName(conflict.site)}` : " of one text", ". ")))
      : null,
    verdicts?.length
      ? h("ul", {}, verdicts.slice(0, 6).map((verdict) => h("li", {}, sign(verdict.verdict), " ",
          h("b", {}, plain(verdict.reviewer)), " ", WORDS[verdict.verdict],
          h("span", { class: "muted" }, verdict.scope === "group" ? " · everywhere" : verdict.scope === "site" ? ` · on ${siteName(verdict.site)}` : " · this text"))))
      : null);
}

export function ruleLink(rule, parameters = {}) {
  return h("a", { href: to("queue", { rule, state: "all", ...parameters }), class: "rule-link" }, ruleName(rule));
}

export const label = (text) => `“${plain(shortened(text, 48))}”`;

export function heading(title, ...more) {
  return h("div", { class: "heading" }, h("h1", {}, title), more);
}

/** The way back; `act` where it is not simply the address. */
export function crumbs(title, href, act = null) {
  const on = act ? { click: (event) => { event.preventDefault(); act(); } } : {};
  return h("p", { class: "crumbs" }, h("a", { href, on }, `← ${title}`, h("kbd", { "aria-hidden": "true" }, "Esc")));
}

export function empty(title, words, ...more) {
  return h("div", { class: "empty" }, h("p", { class: "empty-mark", "aria-hidden": "true" }, "✓"), h("h2", {}, title), h("p", {}, words), more);
}

export { SIGNS, WORDS };
