// The number of messages that the reader has not seen: in the page's title, and on the button that leads to them.

import { fill } from "../rtproject/ui_text.js";

export class Unread {
  #page;
  #title;
  #button;
  #words;
  #isSeen;
  #count = 0;
  #named = 0; // of these, those with the reader's name

  /**
   * @param {Document} page with the element jump
   * @param {{below: string, belowNamed: string, toEnd: string}} words for the button, with places `{count}` and `{named}`
   * @param {() => boolean} isFollowed whether the end of the log is in view, as far as the page is
   */
  constructor(page, words, isFollowed) {
    this.#page = page;
    this.#title = page.title;
    this.#button = page.getElementById("jump");
    this.#words = words;
    this.#isSeen = () => page.visibilityState === "visible" && isFollowed();
    page.addEventListener("visibilitychange", () => this.look());
    this.look();
  }

  /**
   * A message came at the end of the log, perhaps with the reader's name.
   * @returns {boolean} whether it is the first one that the reader does not see come
   */
  came(isNamed = false) {
    if (this.#isSeen()) return false;
    this.#count += 1;
    this.#named += Number(isNamed);
    this.#show();
    return this.#count === 1;
  }

  /** To be called when the reader may have come to the end of the log, or left it. */
  look() {
    if (this.#isSeen()) this.#count = this.#named = 0;
    this.#show();
  }

  #show() {
    const [count, named] = [this.#count, this.#named];
    this.#page.title = count > 0 ? `(${named > 0 ? `@${named}, ` : ""}${count}) ${this.#title}` : this.#title;
    const words = named > 0 ? this.#words.belowNamed : this.#words.below;
    this.#button.textContent = count > 0 ? fill(words, { count, named }) : this.#words.toEnd;
  }
}
