// Where a reader of a growing list is: at its end, which is followed, or further up, where nothing may move.

const NEAR_THE_END = 40; // pixels

export class Scroller {
  #log;
  #jump;
  #plan = null; // for the next frame of the screen: measuring after each of many messages would take too long

  /**
   * @param {HTMLElement} log what scrolls
   * @param {HTMLButtonElement} jump leads to the end; shown when there is news below
   */
  constructor(log, jump) {
    this.#log = log;
    this.#jump = jump;
    jump.addEventListener("click", () => this.#toEnd());
    log.addEventListener("scroll", () => this.#isAtEnd() && (jump.hidden = true));
  }

  /**
   * To be called before the list grows below: who is at its end stays there.
   * @param {{follow?: boolean, news?: boolean}} of what comes: to be led to in any case, or to be told of
   */
  grows({ follow = false, news = false } = {}) {
    if (this.#plan === null) {
      this.#plan = { follow: this.#isAtEnd(), news: false };
      requestAnimationFrame(() => this.#settle());
    }
    this.#plan.follow ||= follow;
    this.#plan.news ||= news;
  }

  /** Runs `insert`, which changes the list above what is in view, and leaves in view what is. */
  hold(insert) {
    const below = this.#log.scrollHeight - this.#log.scrollTop;
    insert();
    this.#log.scrollTop = this.#log.scrollHeight - below;
  }

  #settle() {
    const { follow, news } = this.#plan;
    this.#plan = null;
    if (follow) this.#toEnd();
    else if (news) this.#jump.hidden = false;
  }

  #isAtEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_THE_END;
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#jump.hidden = true;
  }
}
