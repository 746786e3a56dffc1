// One point in time that all charts show, and the part of time to which they are zoomed, set with the pointer or the
// keys on any of them.

const PAGE = 10; // steps that PageDown and PageUp move
const LEAST = 10; // steps that a zoomed chart shows at least
const DRAG = 8; // pixels that the pointer moves before it selects

export class Cursor {
  #onChange;
  #onZoom;
  time = null; // Unix seconds; null: now, and nothing is marked
  selection = null; // the part of time that is being selected to zoom to

  /**
   * @param {() => void} onChange
   * @param {(span: {from: number, to: number} | null) => void} onZoom null: the whole range
   */
  constructor(onChange, onZoom) {
    this.#onChange = onChange;
    this.#onZoom = onZoom;
  }

  /** @param {number | null} time Unix seconds */
  set(time) {
    if (time === this.time) return;
    this.time = time;
    this.#onChange();
  }

  /**
   * Lets `plot` set the time and zoom. Its keys: left and right by a step, PageDown and PageUp by more, Home and End,
   * plus and minus, Escape. With a mouse, a drag selects what to zoom to.
   * @param {HTMLElement} plot focusable
   * @param {() => {span: {from: number, to: number}, step: number, last: number}} scale of the plot, in seconds;
   *   `last`: the middle of the newest step
   */
  attach(plot, scale) {
    let start = null; // where a drag began
    const timeOf = ({ clientX }) => timeAt(plot, scale().span, clientX);
    plot.addEventListener("pointerdown", (event) => {
      this.#point(timeOf(event), scale());
      start = event.pointerType === "mouse" && event.button === 0 ? event.clientX : null;
    });
    plot.addEventListener("pointermove", (event) => {
      this.#point(timeOf(event), scale());
      if (start === null || (this.selection === null && Math.abs(event.clientX - start) < DRAG)) return;
      plot.setPointerCapture(event.pointerId); // the drag goes on beyond the plot
      this.#select([timeAt(plot, scale().span, start), timeOf(event)].sort((a, b) => a - b));
    });
    plot.addEventListener("pointerup", () => {
      start = null;
      if (this.selection !== null) this.#zoom(this.selection, scale());
    });
    plot.addEventListener("pointercancel", () => {
      start = null;
      this.#select(null);
    });
    plot.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.set(null));
    plot.addEventListener("keydown", (event) => this.#pressed(event, scale()));
  }

  // The middle of a step, whose values are shown.
  #point(time, { step, last }) {
    this.set(Math.min((Math.floor(time / step) + 0.5) * step, last));
  }

  #select(times) {
    this.selection = times && { from: times[0], to: times[1] };
    this.#onChange();
  }

  #zoom({ from, to }, { step }) {
    this.selection = null;
    const missing = Math.max(0, LEAST * step - (to - from)) / 2;
    this.#onZoom({ from: Math.floor(from - missing), to: Math.ceil(to + missing) });
  }

  /** Shows half as much time, around the time that is marked, or twice as much. @param {number} factor of the time */
  scaleBy(factor, { span, step, last }) {
    const length = (span.to - span.from) * factor;
    const middle = this.time ?? Math.min(last, span.to) - (factor < 1 ? length / 2 : 0);
    this.#zoom({ from: middle - length / 2, to: middle + length / 2 }, { step });
  }

  #pressed(event, scale) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { span, step, last } = scale;
    const end = Math.min(last, span.to - step / 2);
    const time = this.time ?? end;
    const places = {
      ArrowLeft: this.time === null ? end : time - step,
      ArrowRight: time + step,
      PageDown: time - PAGE * step,
      PageUp: time + PAGE * step,
      Home: end - step * Math.floor((end - span.from) / step),
      End: end,
    };
    if (event.key === "Escape") this.#escape();
    else if (event.key === "+" || event.key === "-") this.scaleBy(event.key === "+" ? 1 / 2 : 2, scale);
    else if (Object.hasOwn(places, event.key)) this.set(Math.min(Math.max(places[event.key], span.from), end));
    else return;
    event.preventDefault();
  }

  // First the mark goes, then the zoom.
  #escape() {
    if (this.time === null) this.#onZoom(null);
    else this.set(null);
  }
}

function timeAt(plot, { from, to }, x) {
  const { left, width } = plot.getBoundingClientRect();
  return from + Math.min(Math.max((x - left) / width, 0), 1) * (to - from);
}
