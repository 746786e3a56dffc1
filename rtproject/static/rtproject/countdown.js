// A sentence with the seconds that are left.

import { fill, seconds } from "./ui_text.js";

export class Countdown {
  #element;
  #timer = null;

  /** @param {HTMLElement} element not in a live region, or a screen reader would say every second */
  constructor(element) {
    this.#element = element;
  }

  /**
   * Counts down anew, and stays at its end.
   * @param {number} until Unix time in milliseconds
   * @param {string} sentence with a place `{time}` for the rest of it
   * @param {string} end the sentence when nothing is left
   * @param {() => void} onEnd
   */
  start(until, sentence, end, onEnd = () => {}) {
    this.stop();
    const show = () => {
      const left = Math.ceil((until - Date.now()) / 1000); // counted from the clock: timers of a hidden page are late
      this.#element.textContent = left > 0 ? fill(sentence, { time: seconds(left) }) : end;
      if (left > 0) return;
      clearInterval(this.#timer);
      onEnd();
    };
    this.#timer = setInterval(show, 1000);
    show();
  }

  /** Shows nothing any more. */
  stop() {
    clearInterval(this.#timer);
    this.#element.textContent = "";
  }
}
