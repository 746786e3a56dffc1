// Draws one chart: its lines, its threshold, and the mark of the crosshair.

import { fromTemplate, setAttribute } from "./dom.js";
import { across, down, HEIGHT, highest, linePaths, WIDTH } from "./geometry.js";
import { chartTop, CHARTS } from "./measures.js";

const NOTHING = { line: "", area: "", peak: "" };

/**
 * The data that a chart draws.
 * @typedef {object} Drawing
 * @property {string} chart its name, see CHARTS
 * @property {import("./series.js").Series | undefined} series
 * @property {{from: number, to: number}} span Unix seconds
 * @property {number} beat seconds
 * @property {number | undefined} threshold
 */
export class Chart {
  #drawing = null;
  #top = 100;

  constructor() {
    this.element = fromTemplate("chart-template");
  }

  /** The value at the upper edge, since the last drawing. */
  get top() {
    return this.#top;
  }

  /** @param {Drawing} drawing */
  draw(drawing) {
    const { chart, series, span, beat, threshold } = drawing;
    const names = CHARTS[chart];
    const peak = series ? highest(series, names, span) : NaN;
    this.#drawing = drawing;
    this.#top = chartTop(chart, peak);
    const lines = names.map((name) => (series ? linePaths(series, name, span, this.#top, beat) : NOTHING));
    this.#drawLines(".first", lines[0]);
    this.#drawLines(".second", lines[1] ?? NOTHING);
    this.#drawThreshold(threshold, peak >= threshold ? lines[0].line : "");
  }

  #drawLines(selector, paths) {
    for (const [kind, d] of Object.entries(paths)) this.#set(`${selector} .${kind}`, "d", d);
  }

  // The part above the threshold is drawn once more, in a box that ends there.
  #drawThreshold(threshold, over) {
    const y = threshold < this.#top ? down(threshold, this.#top) : null;
    this.#set(".threshold", "d", y === null ? "" : `M0 ${y.toFixed(1)}H${WIDTH}`);
    this.#set(".over", "height", y === null ? 0 : y.toFixed(1));
    this.#set(".over .line", "d", y === null ? "" : over);
  }

  /** Marks a time, and the values there; null marks nothing. @param {number | null} time Unix seconds */
  mark(time) {
    if (this.#drawing === null) return;
    const x = time === null ? null : across(this.#drawing.span, time).toFixed(1);
    this.#set(".cross", "d", x === null ? "" : `M${x} 0V${HEIGHT}`);
    this.#set(".dots", "d", x === null ? "" : this.#dots(x, time));
  }

  // A line of no length, with round ends.
  #dots(x, time) {
    const { chart, series } = this.#drawing;
    const values = CHARTS[chart].map((name) => series?.mean(name, series.number(time)));
    const points = values.filter(Number.isFinite);
    return points.map((value) => `M${x} ${down(value, this.#top).toFixed(1)}h.01`).join("");
  }

  #set(selector, name, value) {
    setAttribute(this.element.querySelector(selector), name, value);
  }
}
