// The charts of one host as a table: a row for each part of the range, the newest first.

import { arrange, setText } from "./dom.js";
import { MEASURES, NAMES } from "./measures.js";
import { moment } from "./units.js";
import { say } from "./ui_text.js";

const ROWS = 12;

/** The mean of the means and the highest peak of a measure from one time to another, Unix seconds. */
function summary(series, name, from, to) {
  let sum = 0;
  let count = 0;
  let most = -Infinity;
  for (let number = series.number(from); number < series.number(to); number += 1) {
    const mean = series.mean(name, number);
    if (Number.isNaN(mean)) continue;
    sum += mean;
    count += 1;
    most = Math.max(most, series.peak(name, number));
  }
  return count > 0 ? { mean: sum / count, most } : null;
}

export class TimesTable {
  #details;
  #body;
  #rows = new Map();
  #redraw = () => {};

  /** @param {HTMLDetailsElement} details it is written only while it is open */
  constructor(details) {
    this.#details = details;
    this.#body = details.querySelector("tbody");
    details.addEventListener("toggle", () => this.#redraw());
  }

  /** @param {import("./hosts.js").Host} host @param {import("./scene.js").Scene} scene */
  show(host, scene) {
    this.#redraw = () => this.#details.open && this.#write(scene.samples.of(host.name), scene);
    this.#redraw();
  }

  #write(series, { span, samples }) {
    const part = samples.range / ROWS;
    const keys = Array.from({ length: series ? ROWS : 0 }, (_, i) => String(i));
    arrange(this.#body, keys, this.#rows, () => new Row());
    keys.forEach((key, i) => {
      const from = span.to - (i + 1) * part;
      this.#rows.get(key).show(moment(from, samples.range), (name) => summary(series, name, from, from + part));
    });
  }
}

class Row {
  constructor() {
    this.element = document.createElement("tr");
    this.element.append(document.createElement("th"), ...NAMES.map(() => document.createElement("td")));
    this.element.firstElementChild.scope = "row";
  }

  show(time, of) {
    const [head, ...cells] = this.element.children;
    setText(head, time);
    NAMES.forEach((name, i) => {
      const found = of(name);
      const { words } = MEASURES[name];
      setText(cells[i], found ? say("mean-and-peak", { mean: words(found.mean), peak: words(found.most) }) : "–");
    });
  }
}
