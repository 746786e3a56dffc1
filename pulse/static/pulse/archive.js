// Questions for the samples and events that the server keeps. No DOM.

const RETRY = 10_000; // ms
const PATIENCE = 15_000; // ms
const FORBIDDEN = 403;

async function read(address, signal) {
  const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
  // 204: the server cannot reach its store.
  if (response.status !== 200) throw new Error(`${address}: ${response.status}`, { cause: response.status });
  return response.json();
}

/** Asks one question at a time, and asks it again after a while until it is answered or forbidden. */
export class Archive {
  #addressOf;
  #onAnswer;
  #request = null; // the question that is under way
  #retry = null;

  /** Whether the last answer was that we may not see it: then nothing is asked again by itself. */
  isForbidden = false;

  /**
   * @template T
   * @param {(about: T) => string} addressOf where it is asked for
   * @param {(about: T, answer: object | null) => void} onAnswer null: it could not be had
   */
  constructor(addressOf, onAnswer) {
    this.#addressOf = addressOf;
    this.#onAnswer = onAnswer;
  }

  /** Gives up the question before. @param {T} about handed to both functions */
  async ask(about) {
    clearTimeout(this.#retry);
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE)]);
    let status = null; // of an answer that has no data
    const answer = await read(this.#addressOf(about), signal).catch(({ cause }) => {
      status = cause;
      return null;
    });
    if (request.signal.aborted) return;
    this.isForbidden = status === FORBIDDEN;
    if (answer === null && !this.isForbidden) this.#retry = setTimeout(() => this.ask(about), RETRY);
    this.#onAnswer(about, answer);
  }
}
