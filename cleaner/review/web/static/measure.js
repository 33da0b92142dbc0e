// How often a rule is right: the form that draws a sample, and the samples that were drawn so far.

import { draw, get } from "./api.js";
import { h, number, plain, plural, to } from "./dom.js";
import { heading, ruleName } from "./parts.js";
import { bound } from "./pictures.js";
import { Sampled } from "./sample.js";

const BY = [
  ["removals", "Removals", "each cut as likely as any other"], ["characters", "Characters", "long cuts are drawn more often"],
  ["sites", "Sites", "each site as likely as any other"], ["groups", "Groups", "each wording as likely as any other"],
];

export async function measure(app, given) {
  if (given.sample) return new Sampled(app, await get("sample", { name: given.sample })).view();
  const seen = await get("overview");
  app.readOnly(seen.read_only);
  const samples = seen.samples ?? [];
  const form = new Form(app, seen.rules, samples, given.rule ?? "");
  const element = h("div", { class: "measure" },
    heading("Measure", h("p", { class: "lead" }, "How often is a rule right, and what did all of them miss?")),
    h("div", { class: "pair" }, form.element, h("div", { class: "stack" }, missesPanel(), soFar(samples, seen.rules))));
  return { element, title: "Measure", keys: {}, shown: () => { if (given.rule) form.size.focus(); } };
}

class Form {
  constructor(app, rules, samples, chosen) {
    Object.assign(this, { app, samples });
    this.rule = h("input", { id: "rule", name: "rule", list: "rules", required: true, maxlength: "200", autocomplete: "off", spellcheck: "false", value: plain(chosen) });
    this.size = h("input", { id: "size", name: "size", type: "number", min: "5", max: "2000", value: "100", inputmode: "numeric" });
    this.wrong = h("p", { class: "field-error", role: "alert" });
    this.element = h("form", { class: "panel form", on: { submit: (event) => { event.preventDefault(); this.start(); } } },
      h("h2", {}, "Measure a rule"),
      h("p", { class: "note" }, "Draws a random sample of what the rule took. Judge it one by one: the exact lower bound of its precision stands after each verdict, and how many more are needed. Choose the size before, and judge all of it: a bound at which you stop because it looks good is too good."),
      h("p", { class: "field" }, h("label", { for: "rule" }, "Rule"), this.rule,
        h("datalist", { id: "rules" }, rules.map((each) => h("option", { value: plain(each.rule) }, plural(each.cuts, "cut"))))),
      h("fieldset", {}, h("legend", {}, "Drawn by"), h("div", { class: "choices" }, BY.map(choice))),
      h("p", { class: "field" }, h("label", { for: "size" }, "How many"), this.size),
      this.wrong, h("button", { type: "submit", class: "primary" }, "Draw the sample"));
  }

  async start() {
    const by = this.element.querySelector("input[name=by]:checked").value;
    this.wrong.replaceChildren();
    if (this.app.reason) {
      this.wrong.replaceChildren(`A sample is kept with the verdicts, and nothing is kept: ${plain(this.app.reason)}`);
      return;
    }
    try {
      const asked = { rule: this.rule.value.trim(), by, size: Number(this.size.value) };
      const said = await draw({ ...asked, seed: unused(this.samples, asked) });
      location.hash = to("measure", { sample: said.name });
    } catch (error) {
      this.wrong.replaceChildren(error.status === 404 ? "No such rule in this log. Choose one from the list." : plain(error.message));
      this.rule.focus();
    }
  }
}

function choice([value, title, words], place) {
  return h("label", { class: "choice" }, h("input", { type: "radio", name: "by", value, checked: place === 0 }), h("span", {}, h("b", {}, title), h("small", {}, words)));
}

/** The first seed that is new for this question to this log. */
function unused(samples, { rule, by, size }) {
  const like = samples.filter((each) => each.here && each.rule === rule && each.by === by && each.size === size);
  const used = new Set(like.map((each) => each.seed));
  let seed = 0;
  while (used.has(seed)) seed += 1;
  return seed;
}

function missesPanel() {
  return h("section", { class: "panel" }, h("h2", {}, "Sample misses"),
    h("p", { class: "note" }, "Random short lines that were kept. Saying which of them are junk estimates how much junk remains."),
    h("p", {}, h("a", { class: "primary", href: to("misses", { seed: 0, size: 50 }) }, "Sample 50 kept lines")));
}

function soFar(samples, rules) {
  const cuts = new Map(rules.map((each) => [each.rule, each.cuts || each.flags]));
  return h("section", { class: "panel" }, h("h2", {}, "Samples so far"),
    samples.length ? h("ul", { class: "samples" }, samples.map((each) => sampleRow(each, cuts.get(each.rule)))) : h("p", { class: "note" }, "None yet."));
}

/** A sample; of few removals fewer were drawn than were asked for. */
function sampleRow(each, cuts) {
  const known = each.drawn ?? (!each.whole || ["characters", "sites"].includes(each.by) ? each.size : each.by === "removals" ? cuts : undefined);
  const drawn = [known ? `${number(known)} drawn` : "", each.whole ? "all there is" : ""].filter(Boolean).join(", ");
  return h("li", {}, h("a", { class: "stop", href: to("measure", { sample: each.name }) }, ruleName(each.rule)),
    h("small", {}, `by ${each.by} · ${drawn} · ${number(each.judged)} judged${each.here ? "" : " · of another run"}`),
    each.judged ? h("span", { class: "amount" }, bound(each)) : null);
}
