// The server's time, by which samples are drawn: the clock of a phone or a wall may be minutes off. No DOM.

export class ServerClock {
  #ahead = 0; // ms
  #read;

  /** @param {() => number} read the page's own clock, Unix ms */
  constructor(read = Date.now) {
    this.#read = read;
  }

  /** Takes the server's time. @param {number} seconds Unix time */
  set(seconds) {
    if (Number.isFinite(seconds)) this.#ahead = seconds * 1000 - this.#read();
  }

  /** @returns {number} Unix ms */
  now() {
    return this.#read() + this.#ahead;
  }

  /** A time of the server's by the page's own clock. @param {number} time Unix ms */
  here(time) {
    return time - this.#ahead;
  }
}
