// Finds a link that is dead and looks open. `/stats` answers nothing, so only pulses that stay away tell. No DOM.

const BEATS = 3; // without a pulse of any host
const GRACE = 10_000; // ms on top

export class LinkWatch {
  #heardAt = null; // ms; null while nothing has to come

  /** Something came. @param {number} now ms */
  heard(now) {
    this.#heardAt = now;
  }

  /** The link ended: nothing has to come until something came again. */
  reset() {
    this.#heardAt = null;
  }

  /**
   * Whether to connect anew.
   * @param {number} now ms
   * @param {number} beat seconds between two pulses of the slowest host
   */
  isDead(now, beat) {
    return this.#heardAt !== null && now - this.#heardAt > BEATS * beat * 1000 + GRACE;
  }
}
