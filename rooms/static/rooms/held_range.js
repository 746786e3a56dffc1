// The range of a room's messages that the page holds, without a hole. No DOM.

/** In a room without history nothing is numbered, and every message is the next one. */
export class HeldRange {
  #epoch = null; // whose numbers these are; null in a room without history
  #newest = null;
  #oldest = null;
  #first = 1; // the oldest that the room may still have
  #isCut = false; // the room has lost messages between those that were held before and these
  #gapAfter = null; // the number before the gap that was last asked for

  /**
   * Holds nothing any more.
   * @param {{epoch: string, seq: number} | null} numbering of the room and its newest number, null without history
   * @returns {number | null} the newest number that was held in the same numbering, if there was one: since then more
   *   came than the room keeps
   */
  begin(numbering) {
    const before = numbering?.epoch === this.#epoch ? this.#newest : null;
    this.#isCut = before !== null;
    this.#epoch = numbering?.epoch ?? null;
    this.#newest = numbering?.seq === 0 ? 0 : null; // of an empty room we hold everything
    this.#oldest = null;
    this.#first = 1;
    this.#gapAfter = null;
    return before;
  }

  /** Where to resume, as the query's parameters; null when nothing is held. */
  get position() {
    return this.#newest === null ? null : { since: this.#newest, epoch: this.#epoch };
  }

  /** The number of the oldest message held, null if there is none. */
  get oldest() {
    return this.#oldest;
  }

  /** Whether the room may have messages older than the oldest held. */
  get hasOlder() {
    return this.#oldest !== null && this.#oldest > this.#first;
  }

  /** Whether the room does not keep all messages before the oldest held. */
  get isCut() {
    return this.#isCut || (this.#oldest !== null && !this.hasOlder && this.#oldest > 1);
  }

  /**
   * The place of a message relative to those that are held; "next" is held from now on.
   * @param {number | undefined} seq
   * @returns {"next" | "known" | "gap"} "gap": messages before it are missing, and asking again may bring them
   */
  place(seq) {
    if (this.#epoch === null) return "next";
    if (this.#newest !== null && seq <= this.#newest) return "known";
    if (this.#isGap(seq)) {
      this.#gapAfter = this.#newest;
      return "gap";
    }
    this.#newest = seq;
    this.#oldest ??= seq;
    return "next";
  }

  /**
   * Older messages are held as well.
   * @param {number | undefined} seq of the oldest of them, undefined if none came
   * @param {boolean} more whether there are still older ones
   */
  extend(seq, more) {
    this.#oldest = seq ?? this.#oldest;
    if (!more) this.#first = this.#oldest;
  }

  /** Nothing up to number `seq` is held any more. */
  forget(seq) {
    if (this.#oldest !== null) this.#oldest = Math.max(this.#oldest, seq + 1);
  }

  // The server does not have a message that it left out twice: asking again would never end.
  #isGap(seq) {
    return this.#newest !== null && seq > this.#newest + 1 && this.#newest !== this.#gapAfter;
  }
}
