// Those who are writing just now. No DOM.

export const LASTS = 6000; // ms after the last sign of it

export class Typists {
  #known = new Map(); // id -> {name, timer}
  #onChange;

  /** @param {(names: string[]) => void} onChange others are writing than before */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** A member is writing. */
  heard({ id, name }) {
    clearTimeout(this.#known.get(id)?.timer);
    this.#known.set(id, { name, timer: setTimeout(() => this.stop(id), LASTS) });
    this.#tell();
  }

  /** The member with this id is done, or gone. */
  stop(id) {
    clearTimeout(this.#known.get(id)?.timer);
    if (this.#known.delete(id)) this.#tell();
  }

  #tell() {
    this.#onChange([...this.#known.values()].map(({ name }) => name));
  }
}
