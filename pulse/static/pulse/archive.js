// Requests for the samples and events that the server stores. No DOM.

const RETRY = 10_000; // ms
const PATIENCE = 15_000; // ms
const FORBIDDEN = 403;

async function read(address, signal) {
  const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
  // 204: the server cannot reach its store.
  if (response.status !== 200) throw new Error(`${address}: ${response.status}`, { cause: response.status });
  return response.json();
}

/** Sends one request at a time, and repeats it after a while until it is answered or forbidden. */
export class Archive {
  #addressOf;
  #onAnswer;
  #request = null; // the request under way
  #retry = null;

  /** Whether the last answer was 403: then no request is repeated by itself. */
  isForbidden = false;

  /**
   * @template T
   * @param {(about: T) => string} addressOf the address of a request
   * @param {(about: T, answer: object | null) => void} onAnswer null: the request failed
   */
  constructor(addressOf, onAnswer) {
    this.#addressOf = addressOf;
    this.#onAnswer = onAnswer;
  }

  /** Sends a request, and gives up the one before. @param {T} about passed to both functions */
  async ask(about) {
    clearTimeout(this.#retry);
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE)]);
    let status = null; // of an answer without data
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
