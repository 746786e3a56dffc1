// Finds out that pulses were lost on their way, and has the kept samples asked for again: they may fill the gap. No DOM.

import { BRIDGED } from "./geometry.js";

const SOON = 2_000; // ms: by then the last ones are stored, and many hosts that come back together are one question
const PAUSE = 30_000; // ms between two questions, however often hosts fall silent and come back

export class Gaps {
  #ask;
  #timer = null; // of the question that is planned
  #askedAt = -Infinity; // ms
  #knownTo = -Infinity; // ms; until then the server has told everything

  /** @param {() => void} ask */
  constructor(ask) {
    this.#ask = ask;
  }

  /**
   * A pulse came. A gap before it is asked for once: what is a gap afterwards is one.
   * @param {number} seconds between it and the one before, by the host's clock
   * @param {number} beat seconds there should be
   * @param {number} now Unix ms
   */
  heard(seconds, beat, now) {
    const isGap = seconds > BRIDGED * beat;
    if (!isGap || this.#timer !== null || now - this.#knownTo <= BRIDGED * beat * 1000) return;
    const pause = Math.min(this.#askedAt + PAUSE - now, PAUSE); // a clock may be set back
    this.#timer = setTimeout(() => this.#askNow(), Math.max(SOON, pause));
  }

  /** Everything that was kept until now was loaded. @param {number} now Unix ms */
  loaded(now) {
    this.#knownTo = now;
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #askNow() {
    this.#timer = null;
    this.#askedAt = Date.now();
    this.#ask();
  }
}
