// The state of a connection in words, which come with the page, as do the meanings of the close codes.

import { Countdown } from "./countdown.js";
import { pageWords } from "./ui_text.js";

const UNOPENED = 2; // attempts in a row, from where on it is asked why

/**
 * The server's close codes, as the page brought them.
 * @returns {Map<number, {code: number, name: string, meaning: string, reconnect: string}>}
 */
function closeCodes(page = document) {
  return new Map(pageWords("connection", page).codes.map((entry) => [entry.code, entry]));
}

function reason(code, codes, words) {
  if (codes.has(code)) return codes.get(code).meaning;
  return code === 1001 || code === 1012 ? words.restarting : words.lost;
}

/**
 * @param {{state: string, code?: number}} change as `Socket` reports it
 * @param {Map<number, object>} codes of `closeCodes()`
 * @param {Record<string, string>} words of the page, for the states
 * @returns {string} a sentence
 */
function describe({ state, code }, codes, words = pageWords("connection").words) {
  if (state === "waiting" || (state === "closed" && code !== undefined && code !== 1000)) return reason(code, codes, words);
  return words[state];
}

/** Shows `words` in the page's state line; `state` chooses its mark. */
function showState(line, state, words) {
  line.dataset.state = state;
  if (line.textContent !== words) line.textContent = words; // else a screen reader would say it again
}

/** The state line of a page, with the time until the next attempt and a button for not waiting that long. */
export class StatusLine {
  #line;
  #countdown;
  #button;
  #words;
  #codes;
  #isBlocked = false;

  /** @param {Document} page with the elements state, next-try and reopen, and the data of `connection_text` */
  constructor(page = document) {
    this.#line = page.getElementById("state");
    this.#countdown = new Countdown(page.getElementById("next-try"));
    this.#button = page.getElementById("reopen");
    this.#words = pageWords("connection", page).words;
    this.#codes = closeCodes(page);
  }

  /**
   * @param {{state: string, code?: number, until?: number, unopened?: number}} change as `Socket` reports it
   * @param {string} words instead of those that the page has for this state
   */
  show(change, words = describe(change, this.#codes, this.#words)) {
    if (change.state === "open") this.#isBlocked = false;
    const isWaiting = change.state === "waiting";
    showState(this.#line, change.state, isWaiting && this.#isBlocked ? this.#words.blocked : words);
    if (isWaiting && change.unopened >= UNOPENED) this.#findOut();
    this.#button.hidden = !isWaiting;
    if (isWaiting) this.#countdown.start(change.until, this.#words.retry, this.#words.retryNow);
    else this.#countdown.stop();
  }

  // A page that can be had while no WebSocket opens is cut off by something on the way.
  async #findOut() {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
    this.#isBlocked = answer !== null && answer.status < 500;
    if (this.#isBlocked && this.#line.dataset.state === "waiting") showState(this.#line, "waiting", this.#words.blocked);
  }
}
