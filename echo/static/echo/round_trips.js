// Frames on their way, and the round trips of those that came back. No DOM. Times are milliseconds.

const MOST_KEPT = 10_000; // the newest round trips, for the median

/** An echo answers in order, so each frame that comes back belongs to the oldest one that is on its way. */
export class RoundTrips {
  #under = []; // {at, what}
  #trips = [];
  #count = 0;

  /** Notes that `what` was sent at the time `at`. */
  sent(what, at) {
    this.#under.push({ what, at });
  }

  /** Notes that a frame came back. @returns {{what: any, trip: number} | null} null if none was on its way */
  received(at) {
    const first = this.#under.shift();
    if (first === undefined) return null;
    const trip = at - first.at;
    this.#count += 1;
    this.#trips.push(trip);
    if (this.#trips.length > MOST_KEPT) this.#trips.shift();
    return { what: first.what, trip };
  }

  /** Forgets all frames after the end of the connection. @returns {any[]} those that will never be answered */
  lose() {
    return this.#under.splice(0).map(({ what }) => what);
  }

  forget() {
    this.#trips = [];
    this.#count = 0;
  }

  /** @returns {{count: number, fastest: number, median: number, slowest: number} | null} of all that came back */
  get summary() {
    if (this.#count === 0) return null;
    const sorted = this.#trips.toSorted((a, b) => a - b);
    const [fastest, median, slowest] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((i) => sorted[i]);
    return { count: this.#count, fastest, median, slowest };
  }
}
