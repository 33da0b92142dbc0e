// Questions to the server, and the outbox in which verdicts wait until the server has them on disk.

const BASE = new URL("./api/", location.href.split("#")[0]);

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function answer(response) {
  const said = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(response.status, said.error ?? `status ${response.status}`);
  return said;
}

export async function get(question, parameters = {}, signal = undefined) {
  const url = new URL(question, BASE);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "" && value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  return answer(await fetch(url, { cache: "no-store", credentials: "omit", redirect: "error", signal }));
}

async function post(order, body) {
  return answer(await fetch(new URL(order, BASE), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    signal: AbortSignal.timeout(15000),
  }));
}

export const draw = (body) => post("sample", body);

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

/** Orders go out one by one, in the order of the keys that were pressed. None is dropped before it is acknowledged. */
class Outbox extends EventTarget {
  waiting = [];
  refused = [];
  saved = 0;
  trouble = "";
  #busy = false;
  #pause = 0;
  #timer = 0;

  /** Sends an order; `done` is called with the answer once it is kept. */
  send(order, body, label, done = () => {}) {
    this.waiting.push({ order, body, label, done });
    this.#tell();
    this.#run();
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
        const said = await post(first.order, first.body);
        this.waiting.shift();
        this.trouble = "";
        this.#pause = 0;
        this.saved += 1;
        first.done(said);
      } catch (error) {
        if (error instanceof Refusal && error.status < 500 && error.status !== 408) {
          this.waiting.shift();
          this.refused.push({ ...first, why: error.message });
        } else {
          this.trouble = error instanceof Refusal ? error.message : "the server does not answer";
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

export const outbox = new Outbox();

/** What was done last, so that it can be taken back: each entry has `revert`, and `label`. */
export const trail = [];
