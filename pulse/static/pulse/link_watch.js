// Notices a connection (link) that looks open and is dead. `/stats` answers nothing, so it waits for pulses. No DOM.

const BEATS = 3; // without a pulse of any host
const GRACE = 10_000; // ms on top
const IDLE_BEAT = 60; // seconds, while no host is there whose pulses could tell

export class LinkWatch {
  #heardAt = null; // ms; null while nothing has to come
  #hasPulses = false; // on this link; if none came on it, the hosts themselves are silent

  /** Notes that something came. @param {number} now ms @param {boolean} isPulse */
  heard(now, isPulse) {
    this.#heardAt = now;
    this.#hasPulses ||= isPulse;
  }

  /** Notes the end of the link: nothing is expected until something came again. */
  reset() {
    this.#heardAt = null;
    this.#hasPulses = false;
  }

  /**
   * Whether to connect anew.
   * @param {number} now ms
   * @param {number} beat seconds between two pulses of the slowest host; 0 without any
   */
  isDead(now, beat) {
    const expected = this.#hasPulses && beat > 0 ? beat : IDLE_BEAT;
    return this.#heardAt !== null && now - this.#heardAt > BEATS * expected * 1000 + GRACE;
  }
}
