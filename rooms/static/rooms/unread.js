// The number of messages that the reader has not seen: in the page's title, and on the button that leads to them.

import { fill } from "../rtproject/ui_text.js";

export class Unread {
  #page;
  #title;
  #button;
  #words;
  #isSeen;
  #count = 0;

  /**
   * @param {Document} page with the element jump
   * @param {{below: string, toEnd: string}} words for the button, the first with a place `{count}`
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
   * A message came at the end of the log.
   * @returns {boolean} whether it is the first one that the reader does not see come
   */
  came() {
    if (this.#isSeen()) return false;
    this.#count += 1;
    this.#show();
    return this.#count === 1;
  }

  /** To be called when the reader may have come to the end of the log, or left it. */
  look() {
    if (this.#isSeen()) this.#count = 0;
    this.#show();
  }

  #show() {
    const count = this.#count;
    this.#page.title = count > 0 ? `(${count}) ${this.#title}` : this.#title;
    this.#button.textContent = count > 0 ? fill(this.#words.below, { count }) : this.#words.toEnd;
  }
}
