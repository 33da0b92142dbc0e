// How often a rule is right, from a random sample; and what was missed, from random lines that were kept.

import { Ahead, draw, get } from "./api.js";
import { h, number, percent, plain, plural, quoted, shortened, to } from "./dom.js";
import { judge, undo } from "./judging.js";
import { chip, empty, head, heading, inContext, ruleName, sign, siteName, standingWords, verdictBar, where } from "./parts.js";
import { gauge } from "./pictures.js";
import { Walk } from "./walk.js";

const BY = [
  ["removals", "Removals", "each cut as likely as any other"], ["characters", "Characters", "long cuts are drawn more often"],
  ["sites", "Sites", "each site as likely as any other"], ["groups", "Groups", "each wording as likely as any other"],
];

export async function measure(app, given) {
  if (given.sample) return sampled(app, given.sample);
  const seen = await get("overview");
  const samples = seen.samples ?? [];
  // The first seed that is new for this question to this log.
  const unused = (rule, by, size) => {
    const used = new Set(samples.filter((each) => each.here && each.rule === rule && each.by === by && each.size === size).map((each) => each.seed));
    let seed = 0;
    while (used.has(seed)) seed += 1;
    return seed;
  };
  const rule = h("input", { id: "rule", name: "rule", list: "rules", required: true, maxlength: "200", autocomplete: "off", spellcheck: "false", value: plain(given.rule ?? "") });
  const size = h("input", { id: "size", name: "size", type: "number", min: "5", max: "2000", value: "100", inputmode: "numeric" });
  const wrong = h("p", { class: "field-error", role: "alert" });
  const start = async (event) => {
    event.preventDefault();
    const by = form.querySelector("input[name=by]:checked").value;
    wrong.replaceChildren();
    try {
      const asked = { rule: rule.value.trim(), by, size: Number(size.value) };
      const said = await draw({ ...asked, seed: unused(asked.rule, by, asked.size) });
      location.hash = to("measure", { sample: said.name });
    } catch (error) {
      wrong.replaceChildren(error.status === 404 ? "No such rule in this log. Choose one from the list." : plain(error.message));
      rule.focus();
    }
  };
  const form = h("form", { class: "panel form", on: { submit: start } },
    h("h2", {}, "Measure a rule"),
    h("p", { class: "note" }, "Draws a random sample of what the rule took. Judge it one by one: the exact lower bound of its precision stands after each verdict, and how many more are needed."),
    h("p", { class: "field" }, h("label", { for: "rule" }, "Rule"), rule, h("datalist", { id: "rules" }, seen.rules.map((each) => h("option", { value: plain(each.rule) }, `${number(each.cuts)} cuts`)))),
    h("fieldset", {}, h("legend", {}, "Drawn by"), h("div", { class: "choices" }, BY.map(([value, title, words], place) => h("label", { class: "choice" }, h("input", { type: "radio", name: "by", value, checked: place === 0 }), h("span", {}, h("b", {}, title), h("small", {}, words)))))),
    h("p", { class: "field" }, h("label", { for: "size" }, "How many"), size),
    wrong, h("button", { type: "submit", class: "primary" }, "Draw the sample"));
  const element = h("div", { class: "measure" }, heading("Measure", h("p", { class: "lead" }, "How often is a rule right, and what did all of them miss?")),
    h("div", { class: "pair" }, form,
      h("div", { class: "stack" },
        h("section", { class: "panel" }, h("h2", {}, "Sample misses"), h("p", { class: "note" }, "Random short lines that were kept. Saying which of them are junk estimates how much junk remains."),
          h("p", {}, h("a", { class: "primary", href: to("misses", { seed: 0, size: 50 }) }, "Sample 50 kept lines"))),
        h("section", { class: "panel" }, h("h2", {}, "Samples so far"), samples.length ? h("ul", { class: "samples" }, samples.map((each) => h("li", {},
          h("a", { class: "stop", href: to("measure", { sample: each.name }) }, ruleName(each.rule)), h("small", {}, `by ${each.by}, ${number(each.judged)} of ${number(each.size)} judged${each.here ? "" : ", of another run"}`),
          each.right + each.wrong ? h("span", { class: "amount" }, `≥ ${percent(each.lower)}`) : null))) : h("p", { class: "note" }, "None yet.")))));
  return { element, title: "Measure", keys: {}, shown: () => { if (given.rule) size.focus(); } };
}

async function sampled(app, name) {
  let standing = await get("sample", { name });
  const whole = new Ahead((id) => get(`removal/${id}`));
  const meter = h("section", { class: "panel meter", "aria-label": "Precision so far" });
  const tell = () => meter.replaceChildren(
    h("div", { class: "meter-head" }, h("p", { class: "big" }, standing.right + standing.wrong ? `≥ ${percent(standing.lower)}` : "–", h("small", {}, "right, 95 % sure")),
      h("dl", { class: "facts" }, [["right", standing.right], ["wrong", standing.wrong], ["skipped", standing.skip], ["left", standing.left], ["more for 95 %", standing.needed_95], ["more for 99 %", standing.needed_99]]
        .map(([title, value]) => h("div", {}, h("dt", {}, title), h("dd", {}, value === null || value === undefined ? "out of reach" : number(value)))))),
    h("div", { class: "meter-scale" }, gauge(standing), h("p", { class: "note", id: "bound" }, standingWords(standing))));
  const give = (verdict) => {
    const item = walk.item;
    if (!item || item.id === null) return;
    const [was, at] = [item.judged, walk.at];
    judge(app, {
      body: { id: item.id, verdict, scope: "text", sample: name }, text: item.text,
      show: () => { same(item).forEach((each) => { each.judged = verdict; walk.mark(walk.items.indexOf(each)); }); walk.next(); },
      revert: async () => {
        same(item).forEach((each) => { each.judged = was; walk.mark(walk.items.indexOf(each)); });
        walk.show(at);
        later();
      },
      done: (said) => { if (said.standing) { standing = { ...standing, ...said.standing }; tell(); app.tell(standingWords(standing), verdict); } },
    });
  };
  // Where a removal was drawn twice, one verdict is for both.
  const same = (item) => walk.items.filter((each) => each.id === item.id);
  const later = () => setTimeout(async () => { standing = await get("sample", { name }).catch(() => standing); tell(); }, 150);
  const keys = {
    y: () => give("right"), n: () => give("wrong"), s: () => give("skip"), u: () => undo(app), j: () => walk.move(1), k: () => walk.move(-1),
    Enter: () => { if (walk.item?.id != null) location.hash = to("document", { id: walk.item.id }); }, Escape: () => app.up("measure"),
  };
  const walk = new Walk({
    label: "The sample",
    row: (item) => [quoted(shortened(item.text, 60), "span", { class: "row-text" }), h("small", {}, siteName(item.site))],
    ahead: (next, now) => [now, ...next].filter((item) => item.id !== null).forEach((item) => whole.get(item.id).catch(() => {})),
    card: (item) => {
      const more = item.id === null ? item : whole.now(item.id);
      if (!more) whole.get(item.id).then(() => { if (walk.item === item) walk.draw(); }, () => {});
      return h("article", { class: "card", "aria-labelledby": "now" },
        h("p", { class: "eyebrow" }, chip(item.category), h("span", {}, `${walk.at + 1} of ${walk.items.length}`), sign(item.judged)),
        h("h2", { class: "unseen", id: "now" }, `Drawn ${walk.at + 1}`),
        item.id === null ? h("p", { class: "note" }, "This log does not hold it any more.") : inContext(more ?? item, { long: true }), where(item), h("p", { class: "reason" }, plain(item.reason)), verdictBar(keys, { words: { Enter: "Document" } }));
    },
    end: () => empty("The sample is judged", standingWords(standing), h("p", {}, h("a", { class: "primary", href: "#measure" }, "Measure another rule"))),
  });
  walk.add(standing.items.map((item) => ({ ...(item.removal ?? { text: "", reason: "", category: "", site: "", doc: "", line: 0 }), id: item.id, judged: item.judged })));
  tell();
  walk.at = -1;
  walk.next();
  const element = h("div", {}, h("p", { class: "crumbs" }, h("a", { href: "#measure" }, "← Measure", h("kbd", { "aria-hidden": "true" }, "Esc"))),
    heading(["Measuring ", ruleName(standing.rule)], h("p", { class: "lead" }, plain(standing.stated))), meter, walk.element);
  return { element, title: `Measuring ${plain(standing.rule)}`, keys, shown: () => walk.show(walk.at) };
}

export async function misses(app, given) {
  const seed = Math.max(0, Math.min(2 ** 31 - 1, Number(given.seed) || 0));
  const size = Math.max(1, Math.min(200, Number(given.size) || 50));
  let seen = await get("misses", { seed, size });
  const meter = h("section", { class: "panel meter", "aria-label": "Junk that remains" });
  const tell = () => {
    const lines = walk.items;
    const junk = lines.filter((line) => line.judged === "wrong").length;
    const good = lines.filter((line) => line.judged === "right").length;
    meter.replaceChildren(h("div", { class: "meter-head" },
      h("p", { class: "big" }, junk + good && seen.high !== undefined && seen.high !== null ? `${percent(seen.low)} – ${percent(seen.high)}` : "–", h("small", {}, "of short kept lines are junk, 95 % sure")),
      h("dl", { class: "facts" }, [["belong there", good], ["junk left", junk], ["to judge", lines.length - junk - good], ["short lines seen", seen.short_lines]].map(([title, value]) => h("div", {}, h("dt", {}, title), h("dd", {}, number(value)))))));
  };
  const refresh = async () => { seen = { ...seen, ...(await get("misses", { seed, size }).catch(() => ({}))) }; tell(); };
  const give = (verdict) => {
    const line = walk.item;
    if (!line) return;
    const [was, at] = [line.judged, walk.at];
    judge(app, {
      body: { seed, size, place: line.place, verdict, scope: "text", sample: `misses-${seed}-${size}` }, text: line.text,
      show: () => { line.judged = verdict; walk.mark(at); tell(); walk.next(); },
      revert: () => { line.judged = was; walk.mark(at); tell(); walk.show(at); setTimeout(refresh, 150); },
      done: refresh,
    });
  };
  const words = { y: "Belongs there", n: "Junk" };
  const keys = { y: () => give("right"), n: () => give("wrong"), s: () => give("skip"), u: () => undo(app), j: () => walk.move(1), k: () => walk.move(-1), Escape: () => app.up("measure") };
  const walk = new Walk({
    label: "Kept lines",
    row: (line) => [quoted(shortened(line.text, 60), "span", { class: "row-text" }), h("small", {}, siteName(line.site))],
    card: (line) => h("article", { class: "card", "aria-labelledby": "now" },
      h("p", { class: "eyebrow" }, h("span", { class: "action kept" }, "kept"), h("span", {}, `${walk.at + 1} of ${walk.items.length}`), sign(line.judged)),
      h("h2", { class: "unseen", id: "now" }, `Kept line ${walk.at + 1}`),
      h("div", { class: "context" }, h("p", { class: "prose", dir: "auto" }, quoted(line.before.trimEnd()), "\n\n", quoted(line.text, "mark", { class: "cut focus kept" }), "\n\n", quoted(head(line.after.trimStart(), 240)))),
      where(line), verdictBar(keys, { words })),
    end: () => empty("All of these are judged", "Draw others for a narrower interval.", h("p", {}, h("a", { class: "primary", href: to("misses", { seed: seed + 1, size }) }, "Draw others"))),
  });
  walk.add(seen.lines.map((line, place) => ({ ...line, place, judged: line.judged ?? "" })));
  tell();
  walk.at = -1;
  walk.next();
  const element = h("div", {}, h("p", { class: "crumbs" }, h("a", { href: "#measure" }, "← Measure", h("kbd", { "aria-hidden": "true" }, "Esc"))),
    heading("What was missed", h("p", { class: "lead" }, `${plural(seen.lines.length, "random short line")} out of ${plural(seen.documents, "document")}. Does each belong to its article?`)), meter, walk.element);
  return { element, title: "What was missed", keys, shown: () => walk.show(walk.at) };
}

