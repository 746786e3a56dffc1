// Draws with the next animation frame, once for all requests until then. A hidden page has no frames, so nothing is
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

  /** Requests to write the figures and marks, and to draw no chart. */
  write() {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => this.#paint());
  }

  /** Requests to draw the charts of a host. @param {string} name */
  draw(name) {
    this.#changed.add(name);
    this.write();
  }

  /** Requests to draw all charts. */
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
