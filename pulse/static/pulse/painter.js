// Draws with the next frame of the screen, once for all requests until then. A hidden page has no frames, so nothing is
// drawn.

export class Painter {
  #draw;
  #changed = new Set();
  #isAll = false;
  #isPlanned = false;

  /** @param {(isChanged: (name: string) => boolean) => void} draw told which hosts' charts have to be drawn anew */
  constructor(draw) {
    this.#draw = draw;
  }

  /** The figures and marks have to be written; of no chart the lines. */
  write() {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => this.#paint());
  }

  /** The chart of a host has to be drawn. @param {string} name */
  draw(name) {
    this.#changed.add(name);
    this.write();
  }

  /** All charts have to be drawn. */
  drawAll() {
    this.#isAll = true;
    this.write();
  }

  #paint() {
    const changed = this.#changed;
    const isAll = this.#isAll;
    this.#changed = new Set();
    this.#isAll = false;
    this.#isPlanned = false;
    this.#draw((name) => isAll || changed.has(name));
  }
}
