// Messages of ours that the server has not confirmed yet. No DOM.

import { backoff } from "../rtproject/socket.js";
import { newId } from "./frames.js";

const MOST = 100; // messages that wait at a time
const MOST_ENDS = 2; // in a row: a message that was on its way at each of them may be their cause
export const PATIENCE = 10_000; // ms to wait for an answer; a healthy server takes far less

/**
 * The messages that wait for their confirmation, in the order in which they were said.
 *
 * One is on its way at a time: if the first of several is refused for a moment, the later ones would overtake it.
 */
export class Unconfirmed {
  // {id, text, sentBy, by, isOnItsWay, ends}: the member as whom it was last sent, null before; the member whose it is,
  // if another page has kept it; and at how many abnormal ends of a connection in a row it was on its way.
  #entries = [];
  #send;
  #onUnsent;
  #environment;
  #member = null; // our id in the room, null while we are not in it
  #isRepeatable = false;
  #timer = null;
  #failures = 0;

  /**
   * @param {(entry: {id: string, text: string}) => boolean} send false when there is no connection to send it on
   * @param {(id: string) => void} onUnsent it is unknown whether this message was sent, and it is not said again
   * @param {{setTimeout: Function, clearTimeout: Function, random: () => number}} environment
   */
  constructor(send, onUnsent, environment) {
    this.#send = send;
    this.#onUnsent = onUnsent;
    this.#environment = environment;
  }

  /**
   * @param {string} text
   * @param {{id?: string, sentBy?: string | null, by?: string}} kept of a message that was added before, perhaps by a page
   *   that is gone
   * @returns {string | false} the id under which it is said as soon as it can be; false when too many wait
   */
  add(text, kept = {}) {
    if (this.#entries.length >= MOST) return false;
    const entry = { id: newId(), text, sentBy: null, ends: 0, ...kept };
    this.#entries.push(entry);
    if (this.#entries.length === 1) this.#sendFirst();
    return entry.id;
  }

  /**
   * We are in the room: says the messages that wait, and again, under its id, one that was on its way.
   * @param {string} member our id there
   * @param {boolean} isRepeatable whether the server stores a message once under its id
   */
  resume(member, isRepeatable) {
    this.#member = member;
    this.#isRepeatable = isRepeatable;
    // From another member the same id would be another message.
    const isOver = ({ sentBy, by = member }) => by !== member || (sentBy !== null && (sentBy !== member || !isRepeatable));
    this.#giveUp(isOver);
    this.#sendFirst();
  }

  /**
   * We are no longer in the room. A message that might be shown twice if it was said again is given up, and so is one
   * that may be the reason why connections end.
   * @param {boolean} isAbnormal whether the connection ended without a reason
   */
  pause(isAbnormal = false) {
    if (this.#member === null) return;
    this.#member = null;
    this.#environment.clearTimeout(this.#timer);
    const [first] = this.#entries;
    if (!first?.isOnItsWay) return;
    first.isOnItsWay = false;
    first.ends = isAbnormal ? first.ends + 1 : 0;
    if (!this.#isRepeatable || first.ends >= MOST_ENDS) this.#giveUp((entry) => entry === first);
  }

  /** The message was confirmed, refused for good, or taken back, so it no longer waits. */
  settle(id) {
    const isFirst = this.#entries[0]?.id === id;
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    if (!isFirst) return;
    this.#failures = 0;
    this.#sendFirst();
  }

  /**
   * The server could not take the message now: it is said again after a wait.
   * @returns {boolean} false for a message that is not on its way any more
   */
  postpone(id) {
    const first = this.#entries[0];
    if (first === undefined || first.id !== id) return false;
    // The server did not store it now, but may have stored it on an earlier connection.
    first.isOnItsWay = false;
    if (!this.#isRepeatable) first.sentBy = null;
    this.#wait(backoff(this.#failures, this.#environment.random), () => this.#sendFirst());
    this.#failures += 1;
    return true;
  }

  /** There will be no connection any more: nothing that waits will be said. */
  giveUp() {
    this.#giveUp(() => true);
  }

  #sendFirst() {
    this.#environment.clearTimeout(this.#timer);
    const first = this.#entries[0];
    if (first === undefined || this.#member === null || !this.#send(first)) return;
    first.sentBy = this.#member;
    first.isOnItsWay = true;
    this.#wait(PATIENCE, () => this.#unanswered());
  }

  // A room without history can lose a message, which must not keep the next ones waiting.
  #unanswered() {
    const [first] = this.#entries;
    if (!this.#isRepeatable) this.#giveUp((entry) => entry === first);
    this.#sendFirst();
  }

  #giveUp(isOver) {
    const over = this.#entries.filter(isOver);
    this.#entries = this.#entries.filter((entry) => !over.includes(entry));
    over.forEach(({ id }) => this.#onUnsent(id));
  }

  #wait(delay, run) {
    this.#environment.clearTimeout(this.#timer);
    this.#timer = this.#environment.setTimeout(run, delay);
  }
}
