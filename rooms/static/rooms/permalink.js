// A link to a message, `#<seq>`: messages are loaded until it is there, and then it is marked. No DOM.

export class Permalink {
  #sought = null; // the number of the message that the reader is to be led to
  #options;

  /**
   * @param {object} options
   * @param {(seq: number) => "here" | "coming" | "missing"} options.reach see `Conversation`
   * @param {(seq: number) => boolean} options.reveal see `MessageList`
   * @param {() => void} options.onMissing the room does not have this message
   */
  constructor(options) {
    this.#options = options;
  }

  /** Seeks the message that the address names, if it names one. */
  seek(hash = location.hash) {
    this.#sought = /^#[1-9]\d{0,14}$/.test(hash) ? Number(hash.slice(1)) : null;
    this.go();
  }

  /** Goes on seeking; to be called when messages came, or may come now. */
  go() {
    const [seq, { reach, reveal, onMissing }] = [this.#sought, this.#options];
    const where = seq === null ? "coming" : reach(seq);
    if (where === "coming") return;
    this.#sought = null;
    if (where === "missing" || !reveal(seq)) onMissing();
  }
}
