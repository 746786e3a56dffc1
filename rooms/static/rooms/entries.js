// The entries of a room's log, in order, shown on the page or not. No DOM.

/**
 * @typedef {object} Entry
 * @property {{from: object, text: string, at: string | Date, id?: string, seq?: number}} [frame] of a message
 * @property {{text: string, at?: string, seq?: number}} [notice] the frame of an announcement, instead of a message
 * @property {Date} at when it was said
 * @property {boolean} [own] whether the message is ours
 * @property {"" | "waiting" | "sending" | "sent" | "failed" | "refused" | "unsent"} [status] of a message of ours: "waiting"
 *   until we are in the room, "refused" for its text, "failed" for another reason, "unsent" if that is unknown
 * @property {boolean} [isNamed] whether it calls the reader by name
 * @property {boolean} [isFresh] whether it is the first that was not seen when it came
 * @property {HTMLElement | null} [element] while it is shown
 */

const PENDING = ["waiting", "sending"];
const OPEN = [...PENDING, "failed", "refused", "unsent"]; // messages that only this page has

/** The entry of a `message` or `notice` frame. */
export function entryOf(frame, own = false) {
  const at = new Date(frame.at);
  return frame.type === "notice" ? { notice: frame, at } : { frame, own, at, status: own ? "sent" : "" };
}

export class Entries {
  #all = [];
  #waiting = new Map(); // id of a message of ours -> its entry, until it comes as a `message`
  #onOpen;

  /** @param {() => void} onOpen `open` has changed */
  constructor(onOpen = () => {}) {
    this.#onOpen = onOpen;
  }

  get length() {
    return this.#all.length;
  }

  /** @returns {Entry | undefined} */
  at(index) {
    return this.#all[index];
  }

  /** Our message with this id, if it did not come as a `message` yet. */
  waiting(id) {
    return this.#waiting.get(id);
  }

  /** Our messages that the room is still to get, in the order in which they were said. */
  get pending() {
    return [...this.#waiting.values()].filter(({ status }) => PENDING.includes(status));
  }

  /** Our messages that only this page has. */
  get open() {
    return [...this.#waiting.values()].filter(({ status }) => OPEN.includes(status));
  }

  /** Sets the status of a message of ours. */
  setStatus(entry, status) {
    entry.status = status;
    this.#onOpen();
  }

  /** Adds a message of ours that waits to be confirmed, at the end; returns its index. */
  addWaiting(entry) {
    this.#waiting.set(entry.frame.id, entry);
    this.#onOpen();
    return this.#all.push(entry) - 1;
  }

  /**
   * Adds a message of the room. The order is the server's: our messages that are on their way stay below.
   * @returns {number} its index
   */
  add(entry) {
    const index = this.#firstPending();
    this.#all.splice(index, 0, entry);
    return index;
  }

  /** Whether `entry` would get the same place if it were added now. */
  isInPlace(entry) {
    return this.#all[this.#firstPending()] === entry;
  }

  /** Notes that a message of ours does not wait any more, if it did. */
  settle(entry) {
    if (!entry.frame || this.#waiting.get(entry.frame.id) !== entry) return;
    this.#waiting.delete(entry.frame.id);
    this.#onOpen();
  }

  /** The message with this number, if it is held. */
  numbered(seq) {
    return this.#all.findLast(({ frame }) => frame?.seq === seq);
  }

  /** The index of the first message or notice with this number or a higher one; -1 if there is none. */
  indexFrom(number) {
    return this.#all.findIndex(({ frame, notice }) => (frame ?? notice).seq >= number);
  }

  /** Adds entries before all others. */
  addFirst(entries) {
    this.#all.unshift(...entries);
  }

  /** @returns {number} the index where it was */
  remove(entry) {
    const index = this.#all.lastIndexOf(entry); // which is near the end
    this.#all.splice(index, 1);
    this.settle(entry);
    return index;
  }

  /** Drops the first `count`; returns them. */
  dropFirst(count) {
    const dropped = this.#all.splice(0, count);
    dropped.forEach((entry) => this.settle(entry));
    return dropped;
  }

  /** Leaves only messages of ours that the room does not have yet. */
  clear() {
    this.#all.filter(({ status }) => !OPEN.includes(status)).forEach((entry) => this.settle(entry));
    this.#all = this.#all.filter(({ status }) => OPEN.includes(status));
  }

  #firstPending() {
    const [first] = this.pending;
    return first === undefined ? this.#all.length : this.#all.lastIndexOf(first);
  }
}
