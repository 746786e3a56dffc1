// Sentences for a screen reader: in batches, each one once.

import { say } from "./ui_text.js";

const BATCH = 1_000; // ms: fifty hosts that go silent together are one announcement
const MOST = 5; // sentences in one

export class Announcer {
  #polite;
  #assertive;
  #waiting = { polite: [], assertive: [] };
  #timer = null;

  /** @param {HTMLElement} polite @param {HTMLElement} assertive live regions */
  constructor(polite, assertive) {
    this.#polite = polite;
    this.#assertive = assertive;
  }

  /** Announces a sentence after the one that is being read. */
  tell(sentence) {
    this.#put("polite", sentence);
  }

  /** Announces a sentence at once. */
  alarm(sentence) {
    this.#put("assertive", sentence);
  }

  #put(kind, sentence) {
    this.#waiting[kind].push(sentence);
    this.#timer ??= setTimeout(() => this.#speak(), BATCH);
  }

  #speak() {
    this.#timer = null;
    this.#fill(this.#polite, this.#waiting.polite.splice(0));
    this.#fill(this.#assertive, this.#waiting.assertive.splice(0));
  }

  #fill(region, sentences) {
    if (sentences.length === 0) return;
    const more = sentences.length - MOST;
    const said = more > 0 ? [...sentences.slice(0, MOST), say("and-more", { count: more })] : sentences;
    region.textContent = said.join(" ");
  }
}
