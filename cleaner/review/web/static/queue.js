// Groups of like removals, one by one.

import { Ahead, get } from "./api.js";
import { bar } from "./pictures.js";
import { h, number, percent, plain, plural, quoted, shortened, to } from "./dom.js";
import { judge, undo } from "./judging.js";
import { button, chip, empty, facts, head, heading, inContext, label, opinions, ruleName, siteName, verdictBar, where } from "./parts.js";
import { Walk } from "./walk.js";

/** What narrows the queue, and what says which of it is shown and how. */
const NARROW = ["rule", "category", "site", "action", "q"];
const FILTERS = [...NARROW, "order", "state", "mine"];
const ORDERS = [["surprise", "Surprises first"], ["chars", "Most characters"], ["count", "Most often"], ["confidence", "Least sure"]];
const STATES = [["todo", "To judge"], ["done", "Judged"], ["skipped", "Skipped"], ["all", "All"]];
const NAMES = { rule: "rule", category: "category", site: "site", action: "action", q: "text" };
const BY = [["", "By anyone"], ["1", "By me"]];
const ACTIONS = [["", "Any action"], ["removed", "Removed"], ["flagged", "Flagged"]];

let kept = null; // the queue that was shown last, so that coming back finds its place

export async function queue(app, given) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, given[name] ?? ""]));
  const asked = JSON.stringify(filters);
  if (kept?.asked === asked) return kept.view(app);
  kept = new Queue(filters, asked);
  await kept.load();
  return kept.view(app);
}

class Queue {
  constructor(filters, asked) {
    Object.assign(this, { filters, asked, cursor: null, total: 0, loading: null, place: 0 });
    this.groups = new Ahead((key) => get("group", key));
    this.singles = new Ahead((id) => get(`removal/${id}`));
    this.walk = new Walk({
      label: "Groups", row: (group) => this.row(group), card: (group) => this.card(group),
      ahead: (next, now) => this.ahead(next, now), more: () => this.load(), end: () => this.end(),
    });
    this.keys = {
      y: () => this.judge("right"), n: () => this.judge("wrong"), s: () => this.judge("skip"), u: () => undo(this.app, (undone) => this.bringBack(undone)),
      a: () => this.onSite("right"), e: () => this.onSite("wrong"), j: () => this.move(1), k: () => this.move(-1),
      Enter: () => this.open(), ArrowRight: () => this.turn(1), ArrowLeft: () => this.turn(-1), "/": () => this.search.focus(), Escape: () => this.clear(),
    };
  }

  view(app) {
    this.app = app;
    this.element = h("div", { class: "queue" }, heading("Queue", this.left = h("p", { class: "lead" })), this.toolbar(), this.walk.element);
    this.count();
    this.walk.show(this.walk.at);
    return { element: this.element, title: "Queue", keys: this.keys, shown: () => this.walk.show(this.walk.at) };
  }

  async load() {
    if (this.loading || (this.walk.items.length && !this.cursor)) return this.loading;
    this.loading = get("groups", { ...this.filters, after: this.cursor, limit: 50 });
    try {
      const said = await this.loading;
      this.cursor = said.next;
      this.total = said.total;
      this.walk.add(said.groups.map((group) => ({ ...group, judged: group.judged ?? "" })));
      if (this.left) this.count();
    } finally {
      this.loading = null;
    }
    return undefined;
  }

  count() {
    const judged = this.walk.items.filter((group) => group.judged).length;
    const here = Math.min(this.walk.at + 1, this.walk.items.length);
    const shown = this.walk.items.length;
    const which = { done: " judged", skipped: " skipped", all: "" }[this.filters.state] ?? " to judge";
    const parts = [`${plural(this.total, "group")} of like texts`, shown ? `${here} of ${number(shown)}${this.cursor ? "+" : ""}${which}` : "", judged && !this.filters.state ? `${number(judged)} judged now` : ""];
    this.left.replaceChildren(parts.filter(Boolean).join(" · "));
  }

  get narrowed() {
    return NARROW.some((name) => this.filters[name]);
  }

  /** To the queue without its filters; its state and order stay. */
  clear() {
    if (!this.narrowed) {
      this.app.tell("No filter is on", "moved");
      return;
    }
    const names = NARROW.filter((name) => this.filters[name]).map((name) => `${NAMES[name]} ${plain(shortened(this.filters[name], 40))}`);
    location.hash = to("queue", { order: this.filters.order, state: this.filters.state, mine: this.filters.mine });
    this.app.tell(`Filter cleared: ${names.join(", ")}`, "undo");
  }

  toolbar() {
    const go = (change) => { location.hash = to("queue", { ...this.filters, ...change }); };
    const choose = (name, title, options, initial) => h("label", {}, h("span", { class: "unseen" }, title),
      h("select", { on: { change: (event) => go({ [name]: event.target.value }) } },
        options.map(([value, words]) => h("option", { value, selected: value === (this.filters[name] || initial) }, words))));
    this.search = h("input", { type: "search", name: "q", value: plain(this.filters.q), placeholder: "Text or rule", maxlength: "200", autocomplete: "off", spellcheck: "false", id: "filter",
      on: { keydown: (event) => { if (event.key === "Escape") this.search.value = plain(this.filters.q); } } });
    const tag = (name) => this.filters[name] ? h("button", { type: "button", class: "tag", "aria-label": `Remove the filter ${name} ${plain(this.filters[name])}`, on: { click: () => go({ [name]: "" }) } }, `${name}: `, h("b", {}, plain(this.filters[name])), " ✕") : null;
    return h("form", { class: "toolbar", role: "search", "aria-label": "Filter the queue", on: { submit: (event) => { event.preventDefault(); this.search.blur(); go({ q: this.search.value }); } } },
      h("label", { class: "search" }, h("span", { class: "unseen" }, "Filter by text or rule"), this.search, h("kbd", { "aria-hidden": "true" }, "/")),
      choose("state", "State", STATES, "todo"), (this.filters.state || "todo") === "todo" ? choose("mine", "To judge", BY, "") : null, choose("order", "Order", ORDERS, "surprise"), choose("action", "Action", ACTIONS, ""),
      tag("rule"), tag("category"), tag("site"));
  }

  row(group) {
    return [quoted(shortened(group.text, 70), "span", { class: "row-text" }),
      h("small", {}, plain(group.rule), " · ", times(group) > 1 ? `${number(times(group))} ×` : "once", group.action === "flagged" ? " · flagged" : "")];
  }

  key(group) {
    return { rule: group.rule, fingerprint: group.fingerprint, site: this.filters.site };
  }

  ahead(next, now) {
    for (const group of [now, ...next]) this.groups.get(this.key(group)).catch(() => {});
  }

  card(group) {
    const more = this.groups.now(this.key(group));
    if (!more) {
      this.groups.get(this.key(group)).then(() => { if (this.walk.item === group) this.walk.draw(); },
        (error) => this.app.complain(`This group cannot be shown: ${plain(error.message)}`));
    }
    this.place = Math.min(this.place, Math.max(0, (more?.contexts.length ?? 1) - 1));
    const contexts = more?.contexts ?? [];
    const story = group.category === "spliced-story" && contexts.length;
    return h("article", { class: "card", "aria-labelledby": "now" },
      h("p", { class: "eyebrow" }, chip(group.category), ruleName(group.rule), h("span", { class: `action ${group.action}` }, group.action === "flagged" ? "flagged, still there" : "removed"), group.judged ? h("span", { class: `was ${group.judged}` }, `judged ${group.judged}`) : null),
      h("h2", { id: "now", class: "unseen" }, `${plain(group.category)}: ${plain(shortened(group.text, 80))}`),
      quoted(group.clipped ? `${group.text.replace(/\s+\S{1,20}$/u, "")} …` : group.text, "blockquote", { class: group.text.length > 160 ? "specimen long" : "specimen", tabindex: group.text.length > 900 ? "0" : null }),
      group.clipped ? h("p", { class: "note" }, "The text is longer; its document shows all of it.") : null,
      story ? null : h("p", { class: "reason" }, plain(contexts[this.place]?.reason ?? "")),
      amounts(group, more, this.filters.site),
      opinions(more?.verdicts, more?.conflicts),
      story ? this.story(contexts[0]) : null,
      this.contexts(contexts, more), this.bySite(more, group), this.others(more),
      verdictBar(this.keys, { words: { Enter: group.count > 1 ? "Each one" : "Document" } }));
  }

  contexts(all, more) {
    if (!all.length) return h("div", { class: "waiting" }, h("p", { class: "note" }, more ? "No context." : "Loading what stands around it …"));
    const [title, help] = all.length > 1
      ? [`In context, ${all.length} of ${number(more.here?.count ?? more.count)}`, h("small", {}, "← → choose; a and e mean the site of the one that is marked")]
      : ["In context", null];
    const choose = (place) => { this.place = place; this.walk.draw(); };
    return h("section", { class: "contexts", "aria-label": "In context" }, h("h3", {}, title, help),
      all.map((removal, place) => h("figure", { class: place === this.place ? "chosen" : null, "aria-current": place === this.place ? "true" : null, on: { click: () => choose(place) } },
        inContext(removal), h("figcaption", {}, where(removal), h("a", { href: to("document", { id: removal.id }) }, "whole document")))));
  }

  /** A spliced story beside the start of the story that it stands in. */
  story(removal) {
    const start = h("div", { class: "prose", dir: "auto" }, h("p", { class: "note" }, "Loading …"));
    this.documents ??= new Ahead((id) => get(`document/${id}`), 8);
    this.documents.get(removal.id).then((document) => start.replaceChildren(document.story_start ? quoted(head(document.story_start, 560)) : h("p", { class: "note" }, plain(document.problem) || "Its start is not known.")), () => {});
    return h("section", { class: "sides", "aria-label": "Two stories" },
      h("div", {}, h("h3", {}, "The story it stands in"), start),
      h("div", { class: "sides-cut" }, h("h3", {}, "What was taken for another story"), h("div", { class: "prose", dir: "auto" }, quoted(head(removal.text, 860))),
        h("h4", {}, "Why"), h("ul", { class: "reasons" }, plain(removal.reason).split(/;\s+/).map((reason) => h("li", {}, reason)))));
  }

  bySite(more, group) {
    if (!more || group.sites < 2) return null;
    const most = Math.max(1, ...more.by_site.map((each) => each.count));
    return h("section", { class: "by-site" }, h("h3", {}, "By site"),
      h("ul", { class: "bars" }, more.by_site.slice(0, 8).map((each) => h("li", {}, h("span", {}, siteName(each.site), each.judged ? h("small", { class: `was ${each.judged}` }, ` ${each.judged}`) : null), bar(each.count / most), h("span", { class: "amount" }, number(each.count))))));
  }

  others(more) {
    if (!more?.others?.length) return null;
    return h("p", { class: "note" }, "Other rules took the same text: ", more.others.map((other, place) => [place ? ", " : "", ruleName(other.rule), ` (${other.action}, ${number(other.count)} ×)`]));
  }

  end() {
    if (this.walk.items.length) {
      return empty("All of these are judged", "Choose another state or filter above, or look at what remains in the overview.", h("p", {}, h("a", { class: "primary", href: "#overview" }, "To the overview", h("kbd", { "aria-hidden": "true" }, "1"))));
    }
    if (this.narrowed) {
      return empty("Nothing here", "No group fits these filters.", h("p", {}, button("Clear the filters", "Esc", () => this.clear(), { class: "primary" })));
    }
    if (!this.total) return empty("Nothing to judge", "This run cut and flagged nothing.");
    const state = this.filters.state || "todo";
    const words = { todo: "Every group is judged or skipped.", done: "No group is judged yet.", skipped: "No group was skipped." };
    return empty(state === "todo" ? "All is judged" : "Nothing here", words[state] ?? "", h("p", {}, h("a", { class: "primary", href: to("queue", { state: "all" }) }, "Show all groups")));
  }

  move(by) {
    this.place = 0;
    this.walk.move(by);
    this.count();
    if (this.walk.item) this.app.tell(`${this.walk.at + 1}: ${label(this.walk.item.text)}`, "moved");
  }

  turn(by) {
    const contexts = this.groups.now(this.key(this.walk.item ?? {}))?.contexts ?? [];
    this.place = Math.max(0, Math.min(contexts.length - 1, this.place + by));
    this.walk.draw();
  }

  judge(verdict) {
    const group = this.walk.item;
    if (!group) return;
    const scope = this.filters.site ? "site" : "group";
    this.settle(group, verdict, { id: group.first, verdict, scope }, scope === "site" ? `on ${siteName(this.filters.site)}` : "");
  }

  /** A verdict on the whole group, as far as it is shown: on to the next. */
  settle(group, verdict, body, wide) {
    const at = this.walk.at;
    const was = group.judged;
    judge(this.app, {
      body, text: group.text, wide,
      show: () => {
        group.judged = verdict;
        this.walk.mark(at);
        this.place = 0;
        this.walk.next();
        this.count();
      },
      revert: () => {
        group.judged = was;
        this.groups.forget(this.key(group));
        this.walk.mark(this.walk.items.indexOf(group));
        this.place = 0;
        this.walk.show(this.walk.items.indexOf(group));
        this.count();
      },
      done: () => this.groups.forget(this.key(group)),
    });
  }

  /** A verdict on this site alone; on to a context of another site, or to the next group. */
  onSite(verdict) {
    const group = this.walk.item;
    if (!group) return;
    const more = this.groups.now(this.key(group));
    const removal = more?.contexts[this.place];
    const site = removal?.site ?? this.filters.site;
    if (!site) {
      this.app.tell(more ? "This text has no site: y and n judge it everywhere" : "Still loading: the site is not known yet", "moved");
      return;
    }
    const body = { id: removal?.id ?? group.first, verdict, scope: "site" };
    const rest = more?.contexts.findIndex((other, place) => place > this.place && other.site !== site) ?? -1;
    if (rest < 0) {
      this.settle(group, verdict, body, `on ${site}`);
      return;
    }
    const here = this.place;
    const entry = more.by_site.find((each) => each.site === site);
    const was = entry?.judged;
    judge(this.app, {
      body, text: group.text, wide: `on ${plain(site)}`,
      show: () => { if (entry) entry.judged = verdict; this.place = rest; this.walk.draw(); },
      revert: () => { if (entry) entry.judged = was; this.place = here; this.walk.show(this.walk.items.indexOf(group)); },
    });
  }

  async bringBack(undone) {
    const group = await get("group", { rule: undone.rule, fingerprint: undone.fingerprint, site: this.filters.site, mine: this.filters.mine }).catch(() => null);
    if (!group) return;
    const known = this.walk.items.find((each) => each.rule === group.rule && each.fingerprint === group.fingerprint && each.action === group.action);
    if (known) Object.assign(known, { judged: group.judged });
    this.groups.forget(this.key(group));
    this.walk.insert(known ?? group);
    this.walk.mark(this.walk.at);
    this.count();
  }

  open() {
    const group = this.walk.item;
    if (!group) return;
    const chosen = this.groups.now(this.key(group))?.contexts[this.place];
    location.hash = group.count > 1 ? to("single", this.key(group)) : to("document", { id: chosen?.id ?? group.first });
  }
}

/** How often a group is found, on the site of the filter if there is one. */
const times = (group) => group.here?.count ?? group.count;

/** The numbers of a group; with a filter on a site those there and those of all sites. */
function amounts(group, more, site) {
  const here = site ? more?.here ?? group.here : null;
  const confidence = ["confidence", percent(group.confidence, 0)];
  const named = !more || more.by_site.some((each) => each.site); // documents without an address are on no site
  if (!here || !more) {
    return facts([
      ["found", plural(times(group), "time")], named ? ["on", plural(group.sites, "site")] : null, ["in", plural(group.here?.docs ?? group.docs, "document")],
      ["characters", number(group.here?.chars ?? group.chars)], confidence,
    ]);
  }
  const both = (name) => `${number(here[name])} here, ${number(more[name])} on all sites`;
  return facts([["times", both("count")], ["documents", both("docs")], ["characters", both("chars")], ["on", plural(more.sites, "site")], confidence]);
}
