// What the server keeps: samples and events. No DOM.

const RETRY = 10_000; // ms
const PATIENCE = 15_000; // ms
const FORBIDDEN = 403;

async function read(address, signal) {
  const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${address}: ${response.status}`, { cause: response.status });
  return response.json();
}

/** The newest events, the newest first. @returns {Promise<object[]>} */
export async function fetchEvents(limit = 50) {
  return (await read(`events/?limit=${limit}`)).events;
}

/** Asks for the samples of one range at a time, and again after a while until they come or are forbidden. */
export class Archive {
  #onAnswer;
  #request = null; // what is under way; null when nothing is
  #retry = null;

  /** Whether the last answer was that we may not see samples: then nothing is asked again by itself. */
  isForbidden = false;

  /** @param {(range: number, answer: object | null) => void} onAnswer null: the samples could not be had */
  constructor(onAnswer) {
    this.#onAnswer = onAnswer;
  }

  /** @param {number} range seconds; what was asked before is not answered any more */
  async ask(range) {
    clearTimeout(this.#retry);
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE)]);
    let status = null; // of an answer without samples
    const answer = await read(`samples/?range=${range}`, signal).catch(({ cause }) => {
      status = cause;
      return null;
    });
    if (request.signal.aborted) return;
    this.isForbidden = status === FORBIDDEN;
    if (answer === null && !this.isForbidden) this.#retry = setTimeout(() => this.ask(range), RETRY);
    this.#onAnswer(range, answer);
  }
}
