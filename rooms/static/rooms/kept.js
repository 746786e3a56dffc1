// A value that the browser keeps beyond the page, where it may. No DOM.

export class Kept {
  #area;
  #key;

  /**
   * @param {"localStorage" | "sessionStorage"} area for all pages, or for one tab
   * @param {string} name
   */
  constructor(area, name) {
    this.#area = area;
    this.#key = `rtproject.${name}`;
  }

  /** The value, or null if there is none. */
  load() {
    try {
      return JSON.parse(globalThis[this.#area].getItem(this.#key));
    } catch {
      return null; // storage is switched off
    }
  }

  /** @returns {boolean} whether the browser keeps it; false where storage is switched off, or full */
  save(value) {
    try {
      if (value === null) globalThis[this.#area].removeItem(this.#key);
      else globalThis[this.#area].setItem(this.#key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }
}
