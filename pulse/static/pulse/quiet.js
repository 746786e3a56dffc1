// Notices that the page is connected and gets no pulse of any host, so the fault is probably not the hosts'. No DOM.

const BEATS = 2.5; // of the slowest host: a little before the first host is called stale

export class Quiet {
  #openedAt = null; // Unix ms; null while there is no connection
  #heardAt = -Infinity; // when the last live pulse came

  /** Whether no pulses arrive. A reconnect does not change it, only a live pulse does. */
  isQuiet = false;

  /** @param {string} state of the socket @param {number} now Unix ms */
  connection(state, now) {
    this.#openedAt = state === "open" ? now : null;
    if (state === "waiting" || state === "closed") this.isQuiet = false; // the page says that it is not connected
  }

  /** Notes a pulse that was not stored before. @param {number} now Unix ms */
  heard(now) {
    this.#heardAt = now;
    this.isQuiet = false;
  }

  /** @param {number} now Unix ms @param {number} beat seconds between two pulses of the slowest host; 0 without any */
  look(now, beat) {
    if (this.#openedAt === null || beat === 0) return;
    if (now - Math.max(this.#openedAt, this.#heardAt) > BEATS * beat * 1000) this.isQuiet = true;
  }
}
