// The position of a reader in a growing list: at its end, which is followed, or further up, where nothing may move.

const NEAR_THE_END = 40; // pixels
const NEAR_AN_EDGE = 400; // pixels, from where on more is fetched before the reader is there

export class Scroller {
  #log;
  #events;
  #follows = true;
  #top = 0; // where the log was when we last looked, to know which way the reader goes
  #isPlanned = false; // scrolling, once for each repaint: measuring after each of many messages would take too long

  /**
   * @param {HTMLElement} log which scrolls
   * @param {object} events
   * @param {() => boolean} events.isWhole whether the log's end is the end of the list, and nothing comes after it
   * @param {(follows: boolean) => void} events.onFollow the reader came to the end, or left it
   * @param {() => void} events.onTop the reader comes near the top
   * @param {() => void} events.onBottom the reader comes near the bottom of a part of the list
   */
  constructor(log, events) {
    this.#log = log;
    this.#events = events;
    log.addEventListener("scroll", () => this.#moved());
    new ResizeObserver(() => this.#follows && this.#toBottom()).observe(log); // as when a phone shows its keyboard
  }

  /** Whether the reader is at the end of the list. */
  get follows() {
    return this.#follows;
  }

  /** Whether the reader is near the top. */
  get isNearTop() {
    return this.#log.scrollTop < NEAR_AN_EDGE;
  }

  /** Keeps a reader at the end of the list there. Call it when the list grows. */
  grows() {
    if (!this.#follows || this.#isPlanned) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => {
      this.#isPlanned = false;
      if (this.#follows) this.#toBottom();
    });
  }

  /** Leads the reader to the end of the list, which must be complete by now. */
  toEnd() {
    this.#toBottom();
    this.#follow(true);
  }

  /** Leads the reader to an item of the list. */
  reveal(item) {
    item.scrollIntoView({ block: "center" });
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    this.#top = scrollTop;
    this.#follow(this.#events.isWhole() && scrollHeight - scrollTop - clientHeight < NEAR_THE_END);
  }

  /** Runs `change`, which changes the list above the view, and leaves the view as it is. */
  hold(change) {
    const below = this.#log.scrollHeight - this.#log.scrollTop;
    change();
    this.#go(this.#log.scrollHeight - below);
  }

  #toBottom() {
    this.#go(this.#log.scrollHeight);
  }

  #go(top) {
    this.#log.scrollTop = top;
    this.#top = this.#log.scrollTop;
  }

  #moved() {
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    const isUp = scrollTop < this.#top;
    const isDown = scrollTop > this.#top;
    // An entry came that is not in view yet, and one before it got smaller: the browser moved the log, not the reader.
    const isMoved = this.#isPlanned && this.#top - scrollTop < NEAR_THE_END;
    const below = scrollHeight - scrollTop - clientHeight;
    this.#top = scrollTop;
    // A list that got shorter brings a reader further up to its end, who did not go there.
    if (below < NEAR_THE_END && this.#events.isWhole() && (this.#follows || isDown)) this.#follow(true);
    else if (isUp && !isMoved) this.#follow(false);
    if (isUp && scrollTop < NEAR_AN_EDGE) this.#events.onTop();
    if (!isUp && below < NEAR_AN_EDGE && !this.#events.isWhole()) this.#events.onBottom();
  }

  #follow(follows) {
    if (follows === this.#follows) return;
    this.#follows = follows;
    this.#events.onFollow(follows);
  }
}
