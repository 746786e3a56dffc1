// The page's own link to the server: whether it is dead, and the server's clock. No DOM.

const BEATS = 3; // without a pulse of any host
const GRACE = 10_000; // ms on top
const IDLE_BEAT = 60; // seconds, while no host is there whose pulses could tell
const CLOCK_OFF = 30_000; // ms

/** Notices a connection that looks open and is dead. `/stats` answers nothing, so it waits for pulses. */
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

/** The server's time, by which samples are drawn: the clock of a phone or a wall may be minutes off. */
export class ServerClock {
  #read;
  ahead = 0; // ms

  /** @param {() => number} read the page's own clock, Unix ms */
  constructor(read = Date.now) {
    this.#read = read;
  }

  /** Takes the server's time. @param {number} seconds Unix time */
  set(seconds) {
    if (Number.isFinite(seconds)) this.ahead = seconds * 1000 - this.#read();
  }

  /** @returns {number} Unix ms */
  now() {
    return this.#read() + this.ahead;
  }

  /** A time of the server's by the page's own clock. @param {number} time Unix ms */
  here(time) {
    return time - this.ahead;
  }

  /** Whether the two clocks differ by so much that a reader should know. */
  get isOff() {
    return Math.abs(this.ahead) > CLOCK_OFF;
  }
}
