// What the server keeps: samples and events. No DOM.

const RETRY = 10_000; // ms
const PATIENCE = 15_000; // ms

async function read(address, signal) {
  const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.json();
}

/** The newest events, the newest first. @returns {Promise<object[]>} */
export async function fetchEvents(limit = 50) {
  return (await read(`events/?limit=${limit}`)).events;
}

/** Asks for the samples of one range at a time, and again after a while until they come. */
export class Archive {
  #onAnswer;
  #request = null; // what is under way; null when nothing is
  #retry = null;

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
    const answer = await read(`samples/?range=${range}`, signal).catch(() => null);
    if (request.signal.aborted) return;
    if (answer === null) this.#retry = setTimeout(() => this.ask(range), RETRY);
    this.#onAnswer(range, answer);
  }
}
