// What went, at a glance.

import { get } from "./api.js";
import { brief, h, number, percent, plain, plural, quoted, shortened, to } from "./dom.js";
import { chip, colour, empty, heading, ruleLink, siteName } from "./parts.js";
import { bar, histogram, interval, strip } from "./pictures.js";

const RULES = 25;

export async function overview(app) {
  const seen = await get("overview");
  app.readOnly(seen.read_only);
  const element = h("div", { class: "overview" },
    heading("What went", h("p", { class: "lead" }, lead(seen.totals))),
    figures(seen),
    h("div", { class: "pair" }, categories(seen), h("div", { class: "stack" }, spread(seen), sites(seen.sites))),
    surprises(seen.surprises),
    rules(seen.rules, seen.totals.sites),
  );
  return { element, title: "Overview", keys: { j: () => step(element, 1), k: () => step(element, -1) } };
}

function lead(totals) {
  if (!totals.documents) return "There were no documents.";
  if (!totals.cuts) return `Nothing was removed from ${plural(totals.documents, "document")} of ${plural(totals.chars_in, "character")}.`;
  return `${number(totals.chars_cut)} of ${plural(totals.chars_in, "character")} were removed, ${percent(totals.chars_cut / Math.max(1, totals.chars_in))}, ` +
    `in ${plural(totals.cuts, "cut")} over ${number(totals.documents_cut)} of ${plural(totals.documents, "document")}.`;
}

/** On to the next link within the page's lists. */
function step(element, by) {
  const links = [...element.querySelectorAll("a.stop, a.rule-link")].filter((link) => link.offsetParent);
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

function figures({ totals, progress, verdicts }) {
  const done = progress.removals ? progress.done_removals / progress.removals : 0;
  const all = [
    ["Cuts", brief(totals.cuts), totals.flags ? `${brief(totals.flags)} more only flagged` : "nothing only flagged"],
    ["Groups of like texts", brief(totals.groups), totals.sites ? `${plural(totals.rules, "rule")}, ${plural(totals.sites, "site")}` : plural(totals.rules, "rule")],
    ["Judged", brief(verdicts.right + verdicts.wrong), `${brief(verdicts.right)} right, ${brief(verdicts.wrong)} wrong`],
    ["Covered by verdicts", percent(done), `${plural(progress.todo, "group", "groups", brief)} to go`],
  ];
  return h("section", { class: "figures", "aria-label": "Totals" },
    all.map(([name, value, more]) => h("div", { class: "figure" }, h("p", { class: "figure-name" }, name), h("p", { class: "figure-value" }, value), h("p", { class: "figure-more" }, more))),
    verdicts.conflicts ? h("p", { class: "conflict wide" }, h("b", {}, `⚠ Reviewers differ on ${plural(verdicts.conflicts, "text")}. `), "Each is shown where it is judged.") : null,
    verdicts.damaged?.length ? h("p", { class: "conflict wide" }, `⚠ ${plural(verdicts.damaged.length, "line")} of the verdicts could not be read, and were passed over.`) : null,
    totals.removals === 0 ? null : h("p", { class: "wide" }, h("a", { class: "primary stop", href: to("queue") }, progress.done ? "Go on judging" : "Start judging", h("kbd", { "aria-hidden": "true" }, "2"))));
}

function categories({ categories: all }) {
  const most = Math.max(1, ...all.map((each) => each.chars + each.flag_chars));
  if (!all.length) return h("section", { class: "panel" }, h("h2", {}, "By category"), h("p", { class: "note" }, "Nothing was removed or flagged."));
  return h("section", { class: "panel" }, h("h2", {}, "By category"),
    h("p", { class: "note" }, "Characters removed; the pale end of a bar is only flagged."),
    h("ul", { class: "bars" }, all.map((each) => h("li", { class: colour(each.category) },
      h("a", { class: "stop", href: to("queue", { category: each.category, state: "all" }) }, chip(each.category)),
      bar(each.chars / most, "", each.flag_chars / most),
      h("span", { class: "amount" }, brief(each.chars), h("small", {}, each.cuts || !each.flags ? plural(each.cuts, "cut") : plural(each.flags, "flag")))))));
}

function spread({ shares, totals }) {
  if (!shares.bins.some(Boolean)) {
    return h("section", { class: "panel" }, h("h2", {}, "By document"),
      h("p", { class: "note" }, totals.documents ? "No document lost anything." : "There were no documents."));
  }
  const words = `${plural(shares.untouched, "document")} untouched; of the others: ` +
    shares.bins.map((count, place) => count && `${number(count)} lost ${place * 5} to ${place * 5 + 5} %`).filter(Boolean).join(", ");
  return h("section", { class: "panel" }, h("h2", {}, "By document"),
    h("p", { class: "note" }, "How many documents lost which share of their characters."),
    histogram(shares.bins, words),
    h("p", { class: "note" }, shares.untouched ? `${number(shares.untouched)} of ${plural(totals.documents, "document")} lost nothing.` : "Every document lost something."));
}

function rules(all, sites) {
  if (!all.length) return null;
  const body = h("tbody");
  const rows = (some) => body.append(...some.map((each) => ruleRow(each, sites)));
  rows(all.slice(0, RULES));
  const rest = all.slice(RULES);
  const more = rest.length ? h("button", { type: "button", class: "quiet", on: { click: () => { rows(rest); more.remove(); } } }, `Show ${plural(rest.length, "more rule")}`) : null;
  return h("section", { class: "panel" }, h("h2", {}, "By rule"),
    h("p", { class: "note" }, "Most characters first. Place: where in documents its cuts fall, from first line to last. Precision: how many are right, by verdicts so far."),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rules" }, h("table", { class: "rules" },
      h("thead", {}, h("tr", {}, ["Rule", "Category", "Characters", "Cuts", sites ? "Sites" : null, "Place", "Precision", "Measure"].filter(Boolean).map((name) =>
        h("th", { scope: "col", class: ["Characters", "Cuts", "Sites"].includes(name) ? "num" : null }, name === "Measure" ? h("span", { class: "unseen" }, name) : name)))),
      body)), more);
}

function ruleRow(each, sites) {
  const names = each.categories?.length ? each.categories : [each.category];
  return h("tr", { class: colour(each.category) },
    h("th", { scope: "row" }, ruleLink(each.rule)),
    h("td", {}, chip(names[0]), names.length > 1 ? h("small", { class: "muted" }, ` +${names.length - 1}`) : null),
    h("td", { class: "num" }, number(each.chars)),
    h("td", { class: "num" }, number(each.cuts), each.flags ? h("small", {}, ` +${number(each.flags)} flagged`) : null),
    sites ? h("td", { class: "num" }, number(each.sites)) : null,
    h("td", {}, strip(each.positions)),
    h("td", {}, interval(each.judged)),
    h("td", {}, h("a", { class: "quiet", href: to("measure", { rule: each.rule }), "aria-label": `Measure ${plain(each.rule)}` }, "Measure")));
}

function surprises(all) {
  const removal = (each) => entry(to("document", { id: each.id }), each.category, each.text, `${plural(each.chars, "character")} · ${siteName(each.site)}`);
  const lists = [
    ["Longest cuts", all.longest.map(removal)],
    ["Least sure", all.unsure.map((each) => entry(to("document", { id: each.id }), each.category, each.text, `${percent(each.confidence, 0)} sure · ${plain(each.rule)}`))],
    ["Lost the largest share", all.lost_share.map((each) => entry(to("document", { id: each.id }), "", each.doc, `${percent(each.share, 0)} of ${plural(each.chars_in, "character", "characters", brief)}`))],
    ["Flagged, not removed", all.flagged.map((each) => entry(to("single", { rule: each.rule, fingerprint: each.fingerprint }), each.category, each.text, `${plural(each.count, "time")} · ${plain(each.rule)}`))],
    ["Rules seen on one site only", all.one_site.filter((each) => each.site).map((each) => entry(to("queue", { rule: each.rule, state: "all" }), each.category, each.rule, `${plural(each.cuts, "cut")} on ${siteName(each.site)}`))],
    ["Lost most characters", all.lost_chars.map((each) => entry(to("document", { id: each.id }), "", each.doc, `${brief(each.chars_cut)} of ${plural(each.chars_in, "character", "characters", brief)}`))],
  ].filter(([, entries]) => entries.length);
  return h("section", { class: "panel plain" }, h("h2", {}, "Surprises"),
    h("p", { class: "note" }, "What is most likely to be a mistake. Open each to see it in its document."),
    lists.length ? h("div", { class: "cards" }, lists.map(([title, entries]) =>
      h("section", { class: "small-card" }, h("h3", {}, title), h("ul", {}, entries.slice(0, 5))))) : empty("No surprises", "Nothing stands out in this run."));
}

function entry(href, category, text, words) {
  return h("li", {}, h("a", { class: `stop entry ${category ? colour(category) : ""}`, href }, quoted(shortened(text, 80), "span", { class: "entry-text" }), h("small", {}, category ? [h("i", { class: "dot", "aria-hidden": "true" }), plain(category), " · "] : null, words)));
}

function sites(all) {
  const most = Math.max(0.01, ...all.map((each) => each.share));
  if (!all.some((each) => each.site)) return null;
  const body = h("tbody");
  const row = (each) => h("tr", {}, h("th", { scope: "row" }, h("a", { class: "rule-link", href: to("queue", { site: each.site, state: "all" }) }, siteName(each.site))),
    h("td", { class: "num" }, number(each.documents)), h("td", { class: "num" }, number(each.chars_cut)),
    h("td", {}, h("span", { class: "share" }, bar(each.share / most), percent(each.share))));
  body.append(...all.slice(0, 6).map(row));
  const rest = all.slice(6);
  const more = rest.length ? h("button", { type: "button", class: "quiet", on: { click: () => { body.append(...rest.map(row)); more.remove(); } } }, `Show ${plural(rest.length, "more site")}`) : null;
  return h("section", { class: "panel" }, h("h2", {}, "By site"),
    h("p", { class: "note" }, "The sites that lost most characters, and the share of theirs that went."),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Sites" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Site", "Documents", "Characters", "Removed share"].map((name, place) => h("th", { scope: "col", class: place && place < 3 ? "num" : null }, name)))), body)), more);
}

