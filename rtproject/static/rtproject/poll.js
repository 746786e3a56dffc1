// Asks the server for the same thing again and again while the page is visible. No DOM.

import { backoff, environment } from "./socket.js";

const EVERY = 5_000; // ms
const ANSWER = 10_000; // ms that an answer may take

/**
 * Options:
 * - `onAnswer(data)`: the JSON that came
 * - `onState({state, until})`: "open" with the first answer and after each failure that is over; "waiting" after a failure
 * - `every`: milliseconds between two questions
 * - `fetch`, and the parts of `environment()` of socket.js, to replace them
 */
export class Poll {
  #path;
  #options;
  #timer = null;
  #failures = 0;
  #isAsking = false;
  #state = null;

  /** @param {string} path whose answer is JSON; the browser's cache turns a 304 into the last one */
  constructor(path, options) {
    this.#path = path;
    this.#options = {
      every: EVERY,
      fetch: (...request) => globalThis.fetch(...request),
      ...environment(),
      ...options,
    };
  }

  /** Begins with a pause, since the page itself is still up to date. */
  start() {
    const { network, page, every } = this.#options;
    network.onOnline(() => this.ask());
    page.onShown(() => this.ask());
    this.#tell("open");
    this.#wait(every);
  }

  /** Asks now instead of later. */
  async ask() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#options.clearTimeout(this.#timer);
    const data = await this.#answer();
    this.#isAsking = false;
    if (data === null) return this.#failed();
    this.#failures = 0;
    this.#tell("open");
    this.#wait(this.#options.every);
    this.#options.onAnswer(data);
  }

  /** Null if there is none. */
  async #answer() {
    try {
      const signal = AbortSignal.timeout(ANSWER);
      const answer = await this.#options.fetch(this.#path, { cache: "no-cache", credentials: "omit", signal });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  #failed() {
    const delay = this.#options.every + backoff(this.#failures, this.#options.random);
    this.#failures += 1;
    this.#tell("waiting", delay);
    this.#wait(delay);
  }

  // A hidden page asks nothing, until it is shown.
  #wait(delay) {
    const isSeen = () => !this.#options.page.isHidden();
    this.#timer = this.#options.setTimeout(() => isSeen() && this.ask(), delay);
  }

  #tell(state, delay = 0) {
    if (state === this.#state && state === "open") return;
    this.#state = state;
    this.#options.onState({ state, until: this.#options.now() + delay });
  }
}
