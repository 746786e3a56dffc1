// One chart of one host: its lines, axes and threshold, the mark of the cursor, and its value in words.

import { arrange, fromTemplate, say, setAttribute, setText } from "./dom.js";
import { axisOf, CHARTS, chartWords, detailWords, levelOf, thresholdOf, values } from "./figures.js";
import { across, down, HEIGHT, highest, linePaths, timeTicks, WIDTH } from "./scale.js";
import { marked, moment } from "./units.js";

const NOTHING = { line: "", area: "", peak: "" };

export class Chart {
  #name = "";
  #top = 100;
  #svg;
  #ticks = { x: new Map(), y: new Map() };

  /**
   * @param {import("./cursor.js").Cursor} cursor
   * @param {() => {span: object, step: number, last: number}} scale see `Cursor.attach`
   */
  constructor(cursor, scale) {
    this.element = fromTemplate("chart-template");
    this.plot = this.#find(".plot");
    this.#svg = this.#find("svg");
    cursor.attach(this.plot, scale);
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  /** Draws the lines. @param {string} name of the chart @param {import("./hosts.js").Host} host */
  draw(name, host, scene) {
    this.#name = name;
    const { span, samples } = scene;
    const series = samples.of(host.name);
    const names = CHARTS[name];
    const peak = series ? highest(series, names, span) : NaN;
    const axis = axisOf(name, peak);
    this.#top = axis.top;
    const lines = names.map((each) => (series ? linePaths(series, each, span, this.#top, host.beat) : NOTHING));
    this.#drawLines(".first", lines[0]);
    this.#drawLines(".second", lines[1] ?? NOTHING);
    const threshold = thresholdOf(name, host, scene.thresholds);
    this.#drawThreshold(threshold, peak >= threshold ? lines[0].line : "");
    this.#drawAxes(span, axis);
    this.#describe(host, samples.range, series?.step > host.beat);
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

  #drawAxes(span, { top, tick }) {
    const { step, times } = timeTicks(span);
    const y = [0, top / 2, top].map((value) => ({ at: down(value, top) / HEIGHT, words: tick(value) }));
    const x = times.map((time) => ({ at: across(span, time) / WIDTH, words: moment(time, step) }));
    const lines = [...y.map(({ at }) => `M0 ${(at * HEIGHT).toFixed(1)}H${WIDTH}`), ...x.map(({ at }) => `M${(at * WIDTH).toFixed(1)} 0V${HEIGHT}`)];
    this.#set(".grid", "d", lines.join(""));
    this.#writeTicks("y", "top", y);
    this.#writeTicks("x", "left", x);
  }

  #writeTicks(axis, side, ticks) {
    arrange(this.#find(`.${axis}`), Object.keys(ticks), this.#ticks[axis], () => ({ element: document.createElement("span") }));
    ticks.forEach(({ at, words }, i) => {
      const { element } = this.#ticks[axis].get(String(i));
      element.style[side] = `${(100 * at).toFixed(2)}%`;
      setText(element, words);
    });
  }

  #describe(host, range, isThinned) {
    const name = this.#name;
    setAttribute(this.element, "data-chart", name);
    setText(this.#find(".label"), say(name));
    const words = { chart: say(name), host: host.name, range: say(`range-${range}`) };
    setAttribute(this.plot, "aria-label", say("plot", words));
    const [first, second] = CHARTS[name].map((measure) => say(`short-${measure}`));
    const legend = [second ? say("legend", { first, second }) : "", isThinned ? say("legend-peak") : ""];
    setText(this.#find(".legend"), legend.filter(Boolean).join("  "));
  }

  /** Writes the value of now or of the cursor's time, and marks that time. */
  write(host, scene) {
    const valueOf = values(host, scene);
    const value = chartWords(this.#name, valueOf);
    const level = levelOf(this.#name, host, scene, valueOf);
    setText(this.#find(".value"), value);
    setText(this.#find(".level"), level && say(level));
    setAttribute(this.element, "data-level", level || null);
    const isNow = scene.time === null && host.latest !== null && scene.state(host) === "live";
    setText(this.#find(".detail"), isNow ? detailWords(this.#name, host.latest) : this.#peakWords(host, scene));
    this.#mark(scene, valueOf);
    this.#tellPlot(scene, value);
  }

  // At the cursor, where a step is more than one sample, the highest of them.
  #peakWords(host, scene) {
    const series = scene.samples.of(host.name);
    if (scene.time === null || !series || series.step <= host.beat) return "";
    const valueOf = (measure) => series.peak(measure, series.number(scene.time));
    return Number.isFinite(valueOf(CHARTS[this.#name][0])) ? say("peak", { value: chartWords(this.#name, valueOf) }) : "";
  }

  // The dots are lines of no length, with round ends.
  #mark({ time, span, selection }, valueOf) {
    const at = (when) => across(span, when).toFixed(1);
    const isMarked = time !== null && time >= span.from && time <= span.to;
    const points = isMarked ? CHARTS[this.#name].map(valueOf).filter(Number.isFinite) : [];
    this.#set(".cross", "d", isMarked ? `M${at(time)} 0V${HEIGHT}` : "");
    this.#set(".dots", "d", points.map((value) => `M${at(time)} ${down(value, this.#top).toFixed(1)}h.01`).join(""));
    this.#set(".selection", "d", selection === null ? "" : `M${at(selection.from)} 0H${at(selection.to)}V${HEIGHT}H${at(selection.from)}Z`);
  }

  // A screen reader tells each change of the focused element, so it changes only when the reader moves the cursor.
  #tellPlot({ span, samples, time }, value) {
    if (time === null && this.plot.hasAttribute("aria-valuetext") && document.activeElement === this.plot) return;
    const share = time === null ? 1 : (time - span.from) / (span.to - span.from);
    const when = time === null ? say("now") : marked(time, samples.range);
    setAttribute(this.plot, "aria-valuenow", Math.round(100 * Math.min(Math.max(share, 0), 1)));
    setAttribute(this.plot, "aria-valuetext", say("reading", { when, value }));
  }

  #set(selector, name, value) {
    setAttribute(this.#svg.querySelector(selector), name, value);
  }
}
