// The buttons that choose the range and the chart, and the time that is marked.

import { setText } from "./dom.js";
import { duration, marked } from "./units.js";
import { say } from "./ui_text.js";

export class Controls {
  #form;
  #readout;

  /**
   * @param {HTMLFormElement} form with the radio buttons `range` and `chart`
   * @param {HTMLElement} readout where the crosshair's time is written
   * @param {(changes: {range?: number, chart?: string}) => void} onChoose
   */
  constructor(form, readout, onChoose) {
    this.#form = form;
    this.#readout = readout;
    form.addEventListener("change", ({ target: { name, value } }) => {
      onChoose({ [name]: name === "range" ? Number(value) : value });
    });
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** @param {import("./scene.js").Scene} scene @param {boolean} isWall whether one chart is chosen for all hosts */
  show({ view, samples, time, serverNow }, isWall) {
    this.#form.elements.range.value = String(view.range);
    this.#form.elements.chart.value = view.chart;
    this.#form.querySelector(".charts").hidden = !isWall;
    const ago = time === null ? "" : duration(Math.max(0, Math.round(serverNow / 1000 - time)));
    const words = time === null ? "" : say("time-ago", { time: marked(time, samples.range), ago });
    setText(this.#readout, view.range === samples.range ? words : say("loading"));
  }
}
