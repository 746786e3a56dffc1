// A link to a message, `#<seq>`: messages are loaded until it is there, and then it is marked.

export class Permalink {
  #sought = null; // the number of the message that the reader is to be led to
  #reach;
  #reveal;
  #onMissing;

  /**
   * @param {(seq: number) => "here" | "coming" | "missing"} reach see `Conversation`
   * @param {(seq: number) => boolean} reveal see `MessageList`
   * @param {() => void} onMissing the room does not have this message
   */
  constructor(reach, reveal, onMissing) {
    [this.#reach, this.#reveal, this.#onMissing] = [reach, reveal, onMissing];
  }

  /** Seeks the message that the address names, if it names one. */
  seek(hash = location.hash) {
    this.#sought = /^#[1-9]\d{0,14}$/.test(hash) ? Number(hash.slice(1)) : null;
  }

  /** Goes on seeking; to be called when messages came, or may come now. */
  go() {
    if (this.#sought === null) return;
    const where = this.#reach(this.#sought);
    if (where === "coming") return;
    const seq = this.#sought;
    this.#sought = null;
    if (where === "missing" || !this.#reveal(seq)) this.#onMissing();
  }
}
