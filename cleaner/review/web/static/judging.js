// One verdict: shown at once, sent to the server behind the back, and taken back with u.

import { key, last, outbox, trail } from "./api.js";
import { label, WORDS } from "./parts.js";

/**
 * Gives a verdict. `show` is called at once, `revert` when it is undone or refused, `done` when it is kept, `undone` when
 * the server took it back.
 */
export function judge(app, { body, text, show, revert, done = () => {}, undone = () => {}, wide = "" }) {
  if (readOnly(app)) return;
  const words = `${WORDS[body.verdict]}${wide ? ` ${wide}` : ""}: ${label(text)}`;
  const entry = { key: key(), show, revert, undone, words };
  trail.push(entry);
  outbox.send("verdict", { ...body, key: entry.key }, words, { done, refused: () => forget(app, entry) });
  show();
  app.tell(words[0].toUpperCase() + words.slice(1), body.verdict);
}

/** Where nothing can be kept, a key that judges says so, and why. */
function readOnly(app) {
  if (app.reason) app.tell(`Not kept: ${app.reason}`, "undo");
  return Boolean(app.reason);
}

/** A refused verdict: there is nothing to undo, and what is shown must not say otherwise. */
function forget(app, entry) {
  const place = trail.indexOf(entry);
  if (place < 0) {
    outbox.drop((each) => each.order === "undo" && each.body.of === entry.key); // u was pressed meanwhile
    return;
  }
  trail.splice(place, 1);
  entry.revert();
  app.tell(`Refused: ${entry.words}`, "undo");
}

/** Takes back the last verdict, here at once. Without one of this page the server says what it was. */
export function undo(app, unknown = () => {}) {
  if (readOnly(app)) return;
  const entry = trail.pop();
  if (!entry) {
    undoUnknown(app, unknown);
    return;
  }
  entry.revert();
  app.tell(`Undone: ${entry.words}`, "undo");
  outbox.send("undo", { of: entry.key }, `undo of ${entry.words}`, { done: () => entry.undone(), refused: () => { trail.push(entry); entry.show(); } });
}

function undoUnknown(app, unknown) {
  const body = async () => {
    const verdict = await last();
    return verdict && { of: verdict.id };
  };
  outbox.send("undo", body, "undo", { done: (said) => {
    if (said?.undone) {
      app.tell(`Undone: ${WORDS[said.undone.verdict]}: ${label(said.undone.text)}`, "undo");
      unknown(said.undone);
    } else {
      app.tell("Nothing to undo", "undo");
    }
  } });
}
