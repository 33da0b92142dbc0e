// One verdict: shown at once, sent to the server behind the back, and taken back with u.

import { outbox, trail } from "./api.js";
import { label, WORDS } from "./parts.js";

/** Gives a verdict. `show` is called at once, `revert` when it is undone, `done` when it is kept. */
export function judge(app, { body, text, show, revert, done = () => {}, wide = "" }) {
  const words = `${WORDS[body.verdict]}${wide ? ` ${wide}` : ""}: ${label(text)}`;
  trail.push({ revert, words });
  outbox.send("verdict", body, words, done);
  show();
  app.tell(words[0].toUpperCase() + words.slice(1), body.verdict);
}

/** Takes back the last verdict, here at once. Without one of this page the server says what it was. */
export function undo(app, unknown = () => {}) {
  const last = trail.pop();
  last?.revert();
  if (last) app.tell(`Undone: ${last.words}`, "undo");
  outbox.send("undo", {}, last ? `undo of ${last.words}` : "undo", (said) => {
    if (last) return;
    if (said.undone) {
      app.tell(`Undone: ${WORDS[said.undone.verdict]}: ${label(said.undone.text)}`, "undo");
      unknown(said.undone);
    } else {
      app.tell("Nothing to undo", "undo");
    }
  });
}
