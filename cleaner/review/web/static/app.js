// The page: which view is shown, what keys do, what is said.

import { get, outbox } from "./api.js";
import { article } from "./article.js";
import { h, number, plain, plural } from "./dom.js";
import { measure } from "./measure.js";
import { misses } from "./misses.js";
import { overview } from "./overview.js";
import { button } from "./parts.js";
import { queue } from "./queue.js";
import { single } from "./single.js";

const VIEWS = { overview, queue, single, document: article, measure, misses };
const UNDER = { single: "queue", document: "queue", misses: "measure" };
const KEYS = [
  ["Judge", [["y", "right: it had to go"], ["n", "wrong: it belongs to the article"], ["s", "skip"], ["u", "undo the last verdict"],
    ["a", "all of this group on this site are right"], ["e", "make an exception: wrong on this site"]]],
  ["Move", [["j", "next"], ["k", "back"], ["Enter", "look closer: each removal, then its document"], ["Esc", "back up; clears the filters of the queue"], ["← →", "another context (its site is meant by a and e)"], ["/", "filter the queue"]]],
  ["Pages", [["1", "overview"], ["2", "queue"], ["3", "measure"], ["?", "this help"]]],
];

const byId = (id) => document.getElementById(id);
const main = byId("main");
let current = { keys: {} };
let turn = 0;
let fading = 0;

const app = {
  /** Says what happened, for eyes and ears. */
  tell(words, kind = "") {
    const told = byId("told");
    told.className = `told ${kind}`;
    told.textContent = plain(words);
    told.classList.toggle("seen", kind !== "moved");
    clearTimeout(fading);
    fading = setTimeout(() => told.classList.remove("seen"), 4000);
  },

  /** Says what went wrong, loudly. */
  complain(words) {
    app.trouble = words;
    alarm();
  },

  /** Why nothing can be kept, which is then said at the top of every view; an empty reason: all is well. */
  readOnly(reason) {
    if (reason === undefined) return; // an answer that does not tell
    app.reason = reason ? advised(reason) : "";
    byId("read-only").replaceChildren(...(app.reason ? [h("b", {}, "Read only: "), plain(app.reason)] : []));
  },

  /** Back to where people came from; to `page` if they came from nowhere. */
  up(page) {
    if (history.state?.within) history.back();
    else location.hash = `#${page}`;
  },
};

/** The reason in a sentence, with what helps. */
function advised(reason) {
  const said = String(reason).trim().replace(/\.$/u, "");
  return said.includes("--verdicts") ? `${said.replace(/--verdicts(?! FILE)/u, "--verdicts FILE")}.` : `${said}. Start again with --verdicts FILE.`;
}

// -- views ------------------------------------------------------------------------------------------------------

function where() {
  const [page, query] = location.hash.slice(1).split("?", 2);
  return { page: Object.hasOwn(VIEWS, page) ? page : "overview", parameters: Object.fromEntries(new URLSearchParams(query ?? "")) };
}

async function show({ focus = true } = {}) {
  const mine = ++turn;
  const { page, parameters } = where();
  const top = UNDER[page] ?? page;
  for (const link of document.querySelectorAll("nav.pages a")) {
    if (link.dataset.page === top) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  main.setAttribute("aria-busy", "true");
  current = { keys: current.page === page ? {} : { ...current.keys } };
  try {
    const view = await VIEWS[page](app, parameters);
    if (mine !== turn) return;
    current = { ...view, page };
    main.replaceChildren(view.element);
    document.title = `${plain(view.title)} – cleaner review`;
    window.scrollTo(0, 0);
    if (focus) main.focus({ preventScroll: true });
    view.shown?.();
  } catch (error) {
    if (mine !== turn) return;
    current = { keys: { Escape: () => app.up("overview") } };
    main.replaceChildren(h("div", { class: "empty" }, h("h1", {}, error.status === 404 ? "This is not in the log" : "This cannot be shown"), h("p", {}, plain(error.message)),
      h("p", {}, h("button", { type: "button", class: "primary", on: { click: () => show() } }, "Try again"))));
  } finally {
    if (mine === turn) main.removeAttribute("aria-busy");
  }
}

addEventListener("hashchange", () => {
  if (!history.state?.within) history.replaceState({ within: true }, "");
  show();
});

// -- keys -------------------------------------------------------------------------------------------------------

const PAGES = { 1: "#overview", 2: "#queue", 3: "#measure" };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.target;
  const help = byId("keys");
  if (help.open) {
    if (event.key === "?") help.close();
    return;
  }
  if (target.matches?.("input:not([type=radio]), select, textarea")) {
    if (event.key === "Escape") {
      if (target.id === "filter") event.preventDefault(); // the browser would empty it, though the filter is still on
      target.blur();
    }
    return;
  }
  if ((event.key === "Enter" || event.key === " ") && target.closest?.("a, button, summary, label")) {
    if (!target.matches(".row") || event.key === " ") return;
  }
  if (event.key.startsWith("Arrow") && target.closest?.(".scroll, .specimen, input")) return;
  const act = event.key === "?" ? openHelp : Object.hasOwn(PAGES, event.key) ? () => { location.hash = PAGES[event.key]; } : Object.hasOwn(current.keys, event.key) ? current.keys[event.key] : null;
  if (!act || (event.repeat && !["j", "k"].includes(event.key))) return;
  event.preventDefault();
  act();
});

function openHelp() {
  const help = byId("keys");
  help.replaceChildren(
    h("div", { class: "dialog-head" }, h("h2", { id: "keys-title" }, "Keys"), button("Close", "Esc", () => help.close(), { class: "quiet", autofocus: true })),
    h("div", { class: "keys-lists" }, KEYS.map(([title, keys]) => h("section", {}, h("h3", {}, title),
      h("dl", {}, keys.map(([key, words]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, words))))))),
    h("p", { class: "note" }, "In the queue a verdict is on the whole group; in the other views on the one text that is shown. Each is on disk before the counter at the top grows."));
  help.showModal();
}

byId("help").addEventListener("click", openHelp);
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

// -- the look ---------------------------------------------------------------------------------------------------

const LOOKS = ["", "light", "dark"];

function look(choice) {
  if (choice) document.documentElement.dataset.theme = choice;
  else delete document.documentElement.dataset.theme;
  const words = { "": "Auto", light: "Light", dark: "Dark" }[choice];
  byId("theme").replaceChildren(h("span", { class: "unseen" }, "Look: "), words);
}

byId("theme").addEventListener("click", () => {
  const next = LOOKS[(LOOKS.indexOf(document.documentElement.dataset.theme ?? "") + 1) % LOOKS.length];
  look(next);
  try {
    localStorage.setItem("cleaner-theme", next);
  } catch { /* no storage: it holds until the page is closed */ }
});
look(document.documentElement.dataset.theme ?? "");

// -- what is saved ----------------------------------------------------------------------------------------------

function alarm() {
  const waiting = outbox.waiting.length;
  const parts = [];
  if (outbox.trouble && waiting) {
    parts.push(h("p", {}, h("b", {}, `${plural(waiting, "verdict")} not saved yet: ${plain(outbox.trouble)}. `),
      "Trying again; keep this page open."),
      h("p", {}, button("Try now", "", () => outbox.retry()), button("Keep a copy in a file", "", copy)));
  }
  if (outbox.refused.length) {
    parts.push(h("p", {}, h("b", {}, `${plural(outbox.refused.length, "verdict")} refused: `),
      plain(outbox.refused.slice(-3).map((each) => `${each.label} (${each.why})`).join("; "))), h("p", {}, button("Dismiss", "", () => outbox.dismiss())));
  }
  if (app.trouble) parts.push(h("p", {}, plain(app.trouble)), h("p", {}, button("Dismiss", "", () => { app.trouble = ""; alarm(); })));
  const state = parts.map((part) => part.textContent).join("");
  const box = byId("alarm");
  if (box.dataset.state !== state) {
    box.dataset.state = state;
    box.replaceChildren(...parts);
  }
  byId("saved").textContent = waiting ? `${number(waiting)} to save …` : outbox.saved ? `✓ ${number(outbox.saved)} saved` : "";
  byId("saved").classList.toggle("late", Boolean(outbox.trouble && waiting));
}

/** The waiting verdicts as a file, for when the server does not come back. */
function copy() {
  const text = outbox.waiting.map(({ order, body }) => JSON.stringify({ order, ...body })).join("\n");
  const address = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/x-ndjson" }));
  h("a", { href: address, download: "verdicts-not-saved.jsonl" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

outbox.addEventListener("change", alarm);
addEventListener("online", () => outbox.retry());
addEventListener("beforeunload", (event) => {
  if (outbox.waiting.length) event.preventDefault();
});

// -- the start --------------------------------------------------------------------------------------------------

async function ready() {
  const bar = h("progress", { max: "1", value: "0", "aria-label": "Index" });
  const doing = h("p", { class: "note" });
  let drawn = false;
  for (;;) {
    const status = await get("status").catch(() => null);
    if (status) {
      byId("who").replaceChildren(h("span", { class: "unseen" }, "Run and reviewer: "), h("b", {}, plain(status.run)), h("span", {}, ` judged by ${plain(status.reviewer)}`));
      if (status.failed) {
        main.replaceChildren(h("div", { class: "empty" }, h("h1", {}, "This run cannot be shown"), h("p", {}, plain(status.failed))));
        return false;
      }
      if (status.ready) {
        app.readOnly(status.read_only);
        return true;
      }
      bar.value = status.share;
      doing.textContent = plain(status.doing);
    }
    if (!drawn) {
      main.replaceChildren(h("div", { class: "empty building" }, h("h1", {}, "Reading the log"), h("p", {}, "An index of the run is built once; the next time it is there at once."), bar, doing));
      drawn = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

if (await ready()) {
  history.replaceState(history.state, "");
  await show({ focus: false });
}
