// Questions to the server, and the outbox in which verdicts wait until the server has them on disk.

const BASE = new URL("./api/", location.href.split("#")[0]);

export class Refusal extends Error {
  constructor(status, message) {
    super(message ?? `status ${status}`);
    this.status = status;
    /** Whether it is the app that refuses; else it is what stands before it, which knows nothing of this page. */
    this.known = message !== undefined;
  }
}

/** What to say when another server answers: each has a token of its own. */
const ANEW = "the server was started anew: keep a copy, then open the address that it prints";

async function answer(response) {
  const said = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(response.status, said.error);
  return said;
}

export async function get(question, parameters = {}, signal = undefined) {
  const url = new URL(question, BASE);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "" && value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  return answer(await fetch(url, { cache: "no-store", credentials: "omit", redirect: "error", signal }));
}

/** Milliseconds after which an order is sent again. */
const PATIENCE = 15000;

async function post(order, body) {
  return answer(await fetch(new URL(order, BASE), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  }));
}

export const draw = (body) => post("sample", body);

/** This reviewer's last verdict, as the server knows it. */
export const last = async () => (await get("last", {}, AbortSignal.timeout(PATIENCE))).last;

/** A random key, by which the server knows an order that is sent again. */
export function key() {
  if (crypto.randomUUID) return crypto.randomUUID().replaceAll("-", "");
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Answers that were asked for before they are needed. */
export class Ahead {
  constructor(ask, most = 40) {
    this.ask = ask;
    this.most = most;
    this.known = new Map();
  }

  key(item) {
    return JSON.stringify(item);
  }

  /** The answer if it is there already. */
  now(item) {
    return this.known.get(this.key(item))?.answer;
  }

  get(item) {
    const key = this.key(item);
    let entry = this.known.get(key);
    if (!entry) {
      entry = { answer: undefined };
      entry.promise = this.ask(item).then((said) => (entry.answer = said));
      entry.promise.catch(() => this.known.delete(key));
      this.known.set(key, entry);
      if (this.known.size > this.most) this.known.delete(this.known.keys().next().value);
    }
    return entry.promise;
  }

  forget(item) {
    this.known.delete(this.key(item));
  }
}

/**
 * Orders go out one by one, in the order of the keys that were pressed. None is dropped before it is acknowledged.
 * An order may arrive and its answer be lost: so what is sent again is the same to the letter, and names what it means.
 */
class Outbox extends EventTarget {
  waiting = [];
  refused = [];
  saved = 0;
  trouble = "";
  #busy = false;
  #pause = 0;
  #timer = 0;

  /**
   * Sends an order; `done` is called with the answer once it is kept, `refused` if it never will be. Where `body` is a
   * function it is asked once, when the turn of the order has come; if it gives nothing, there is nothing to order.
   */
  send(order, body, label, { done = () => {}, refused = () => {} } = {}) {
    this.waiting.push({ order, body, label, done, refused });
    this.#tell();
    this.#run();
  }

  /** Drops what waits and has become void. */
  drop(isVoid) {
    this.waiting = this.waiting.filter((each) => !isVoid(each));
  }

  retry() {
    clearTimeout(this.#timer);
    this.#pause = 0;
    this.#run();
  }

  dismiss() {
    this.refused = [];
    this.#tell();
  }

  async #run() {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    while (this.waiting.length) {
      const first = this.waiting[0];
      try {
        if (typeof first.body === "function") first.body = await first.body();
        const said = first.body && await post(first.order, first.body);
        this.waiting.shift();
        this.trouble = "";
        this.#pause = 0;
        this.saved += first.body ? 1 : 0;
        follow(() => first.done(said));
      } catch (error) {
        if (error instanceof Refusal && error.known && error.status < 500 && error.status !== 408) {
          this.waiting.shift();
          this.refused.push({ order: first.order, body: first.body, label: first.label, why: error.message });
          follow(() => first.refused());
        } else {
          this.trouble = troubled(error);
          this.#pause = Math.min(5000, this.#pause ? this.#pause * 2 : 400);
          this.#timer = setTimeout(() => this.#run(), this.#pause);
          break;
        }
      }
      this.#tell();
    }
    this.#busy = false;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

function troubled(error) {
  if (!(error instanceof Refusal)) return "the server does not answer";
  return !error.known && error.status < 500 ? ANEW : error.message;
}

/** Does what follows from an answer. A mistake in it is ours, and says nothing of the server. */
function follow(act) {
  try {
    act();
  } catch (error) {
    reportError(error);
  }
}

export const outbox = new Outbox();

/** What was done last, so that it can be taken back: each entry has its `key`, `show`, `revert` and `words`. */
export const trail = [];
