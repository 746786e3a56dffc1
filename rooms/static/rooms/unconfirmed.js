// Messages of ours that the server has not confirmed yet. No DOM.

import { backoff } from "../rtproject/socket.js";
import { newId } from "./frames.js";

const MOST = 100; // messages that wait at a time
export const PATIENCE = 10_000; // ms to wait for an answer; a healthy server takes far less

/**
 * The messages that wait for their confirmation, in the order in which they were said.
 *
 * One is on its way at a time: if the first of several is refused for a moment, the later ones would overtake it.
 */
export class Unconfirmed {
  #entries = []; // {id, text, sentBy}: the member as whom it was last sent, null before
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
   * @returns {string | false} the id under which it is said as soon as it can be; false when too many wait
   */
  add(text) {
    if (this.#entries.length >= MOST) return false;
    const entry = { id: newId(), text, sentBy: null };
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
    const sentBy = this.#entries[0]?.sentBy ?? null;
    // From another member the same id would be another message.
    if (sentBy !== null && (sentBy !== member || !isRepeatable)) this.#giveUpFirst();
    this.#sendFirst();
  }

  /** We are no longer in the room. A message that might be shown twice if it was said again is given up. */
  pause() {
    if (this.#member === null) return;
    this.#member = null;
    this.#environment.clearTimeout(this.#timer);
    if (!this.#isRepeatable && this.#entries[0]?.sentBy) this.#giveUpFirst();
  }

  /** The message was confirmed, or refused for good, so it no longer waits. */
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
    if (!this.#isRepeatable) first.sentBy = null;
    this.#wait(backoff(this.#failures, this.#environment.random), () => this.#sendFirst());
    this.#failures += 1;
    return true;
  }

  /** There will be no connection any more: nothing that waits will be said. */
  giveUp() {
    while (this.#entries.length > 0) this.#giveUpFirst();
  }

  #sendFirst() {
    this.#environment.clearTimeout(this.#timer);
    const first = this.#entries[0];
    if (first === undefined || this.#member === null || !this.#send(first)) return;
    first.sentBy = this.#member;
    this.#wait(PATIENCE, () => this.#unanswered());
  }

  // A room without history can lose a message, which must not keep the next ones waiting.
  #unanswered() {
    if (!this.#isRepeatable) this.#giveUpFirst();
    this.#sendFirst();
  }

  #giveUpFirst() {
    this.#onUnsent(this.#entries.shift().id);
  }

  #wait(delay, run) {
    this.#environment.clearTimeout(this.#timer);
    this.#timer = this.#environment.setTimeout(run, delay);
  }
}
