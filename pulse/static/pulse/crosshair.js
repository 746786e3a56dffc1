// One point in time that all charts show, set with the pointer or the keys on any of them.

const PAGE = 10; // steps that PageDown and PageUp move

export class Crosshair {
  #onChange;
  time = null; // Unix seconds; null: now, and nothing is marked

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {number | null} time Unix seconds */
  set(time) {
    if (time === this.time) return;
    this.time = time;
    this.#onChange();
  }

  /**
   * Lets `plot` set the time. Its keys: left and right by a step, PageDown and PageUp by more, Home and End, Escape.
   * @param {HTMLElement} plot focusable
   * @param {() => {span: {from: number, to: number}, step: number, last: number}} scale of the plot, in seconds;
   *   `last`: the middle of the newest step
   */
  attach(plot, scale) {
    for (const type of ["pointermove", "pointerdown"]) {
      plot.addEventListener(type, (event) => this.set(this.#timeAt(plot, scale(), event.clientX)));
    }
    plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.set(null));
    plot.addEventListener("keydown", (event) => this.#pressed(event, scale()));
  }

  // The middle of a step, whose values are shown.
  #timeAt(plot, { span, step, last }, x) {
    const { left, width } = plot.getBoundingClientRect();
    const share = Math.min(Math.max((x - left) / width, 0), 1);
    return Math.min((Math.floor((span.from + share * (span.to - span.from)) / step) + 0.5) * step, last);
  }

  #pressed(event, { span, step, last }) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const time = this.time ?? last;
    const places = {
      ArrowLeft: this.time === null ? last : time - step,
      ArrowRight: time + step,
      PageDown: time - PAGE * step,
      PageUp: time + PAGE * step,
      Home: last - step * Math.floor((last - span.from) / step),
      End: last,
    };
    if (event.key === "Escape") this.set(null);
    else if (Object.hasOwn(places, event.key)) this.set(Math.min(Math.max(places[event.key], span.from), last));
    else return;
    event.preventDefault();
  }
}
