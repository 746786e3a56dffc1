// Announces messages to a screen reader: many at once are one sentence. Notices are always read out.

import { fill, listed } from "../rtproject/ui_text.js";

export const GATHER = 1000; // ms
export const REST = 5000; // ms after many at once: a reader who cannot keep up is not talked over
const MOST_READ = 3; // messages
const MOST_NAMES = 3;
const MOST_CHARACTERS = 300;

export class Announcer {
  #region;
  #words;
  #gathered = [];
  #timer = null;

  /**
   * @param {HTMLElement} region with role "status"
   * @param {{said: string, saidMany: string, others: string, noticed: string}} words
   */
  constructor(region, words) {
    this.#region = region;
    this.#words = words;
  }

  /** Announces a message of somebody else, or without a name a notice. */
  said(name, text) {
    this.#gathered.push({ name, text });
    this.#timer ??= setTimeout(() => this.#tell(), GATHER);
  }
  /** Announces a sentence at once. */
  tell(sentence) {
    const line = this.#region.ownerDocument.createElement("p"); // a new one, so that the same words are said again
    line.textContent = sentence;
    this.#region.replaceChildren(line);
  }

  #tell() {
    this.#timer = null;
    const gathered = this.#gathered;
    this.#gathered = [];
    if (gathered.length === 0) return;
    const said = gathered.filter(({ name }) => name !== undefined);
    const isMany = said.length > MOST_READ;
    const read = isMany ? gathered.filter((message) => !said.includes(message)) : gathered;
    const sentences = read.map((message) => this.#sentence(message));
    if (isMany) sentences.push(this.#summary(said));
    this.tell(sentences.join("\n"));
    if (isMany) this.#timer = setTimeout(() => this.#tell(), REST);
  }

  #sentence({ name, text }) {
    return fill(name === undefined ? this.#words.noticed : this.#words.said, { name, text: text.slice(0, MOST_CHARACTERS) });
  }

  #summary(gathered) {
    const names = [...new Set(gathered.map(({ name }) => name))];
    const named = names.slice(0, MOST_NAMES);
    if (names.length > MOST_NAMES) named.push(this.#words.others);
    return fill(this.#words.saidMany, { count: gathered.length, names: listed(named) });
  }
}
