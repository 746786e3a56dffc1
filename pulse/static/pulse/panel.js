// One chart of one host with its value in words.

import { Chart } from "./chart.js";
import { fromTemplate, setAttribute, setText } from "./dom.js";
import { chartLevel, chartWords, detailWords, thresholdOf, values } from "./figures.js";
import { CHARTS, MEASURES } from "./measures.js";
import { marked, moment } from "./units.js";
import { say } from "./ui_text.js";

export class Panel {
  #chart = new Chart();
  #name = "";

  /**
   * @param {import("./crosshair.js").Crosshair} crosshair
   * @param {() => {span: object, step: number, last: number}} scale see `Crosshair.attach`
   */
  constructor(crosshair, scale) {
    this.element = fromTemplate("panel-template");
    this.#find(".plot-place").replaceWith(this.#chart.element);
    this.plot = this.#chart.element;
    crosshair.attach(this.plot, scale);
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  /** Draws the lines of a chart. @param {string} name of the chart */
  draw(name, host, scene) {
    this.#name = name;
    const threshold = thresholdOf(name, host, scene.thresholds);
    const { span, samples } = scene;
    this.#chart.draw({ chart: name, series: samples.of(host.name), span, beat: host.beat, threshold });
    this.element.dataset.chart = name;
    setText(this.#find(".label"), say(name));
    const label = say("plot", { chart: say(name), host: host.name, range: say(`range-${samples.range}`) });
    setAttribute(this.plot, "aria-label", label);
    this.#drawAxes(span, samples.range);
    const isThinned = samples.of(host.name)?.step > host.beat;
    const legend = [name === "network" ? say("legend-network") : "", isThinned ? say("legend-peak") : ""];
    setText(this.#find(".legend"), legend.filter(Boolean).join("  "));
  }

  #drawAxes({ from, to }, range) {
    const words = MEASURES[CHARTS[this.#name][0]].words;
    setText(this.#find(".ceiling"), words(this.#chart.top));
    setText(this.#find(".from"), moment(from, range));
    setText(this.#find(".to"), moment(to, range));
    setText(this.#find(".middle"), moment((from + to) / 2, range));
  }

  /** Writes the value of now or of the crosshair's time, and marks that time. */
  write(host, scene) {
    const valueOf = values(host, scene);
    const value = chartWords(this.#name, valueOf);
    const level = chartLevel(this.#name, host, valueOf, scene.thresholds);
    setText(this.#find(".value"), value);
    setText(this.#find(".level"), level && say(level));
    setAttribute(this.element, "data-level", level || null);
    const isNow = scene.time === null && host.latest !== null && scene.state(host) === "live";
    setText(this.#find(".detail"), isNow ? detailWords(this.#name, host.latest) : this.#peakWords(host, scene));
    this.#chart.mark(scene.time);
    this.#tellPlot(scene, value);
  }

  // At the crosshair, where a step is more than one sample, the highest of them.
  #peakWords(host, scene) {
    const series = scene.samples.of(host.name);
    if (scene.time === null || !series || series.step <= host.beat) return "";
    const valueOf = (measure) => series.peak(measure, series.number(scene.time));
    return Number.isFinite(valueOf(CHARTS[this.#name][0])) ? say("peak", { value: chartWords(this.#name, valueOf) }) : "";
  }

  // A screen reader tells each change of the focused element, so it changes only when the reader moves the crosshair.
  #tellPlot({ span, samples, time }, value) {
    if (time === null && this.plot.hasAttribute("aria-valuetext")) {
      if (document.activeElement === this.plot) return;
    }
    const share = time === null ? 1 : (time - span.from) / (span.to - span.from);
    const when = time === null ? say("now") : marked(time, samples.range);
    setAttribute(this.plot, "aria-valuenow", Math.round(100 * share));
    setAttribute(this.plot, "aria-valuetext", say("reading", { when, value }));
  }
}
