// The same figures as tables: of all hosts now, and of one host over time. Each is written only while it is open.

import { arrange, say, setAttribute, setText } from "./dom.js";
import { CHARTS, figureWords, levelOf, MEASURES, NAMES, uptimeWords, values } from "./figures.js";
import { timeTicks } from "./scale.js";
import { moment } from "./units.js";

const PARTS = 12; // rows of a table over time

/** A row with a heading, and with so many cells. */
class Row {
  constructor(cells) {
    this.element = document.createElement("tr");
    this.head = document.createElement("th");
    this.head.scope = "row";
    this.cells = Array.from({ length: cells }, () => document.createElement("td"));
    this.element.append(this.head, ...this.cells);
  }
}

/** The hosts of the wall, a row each. */
export class HostsTable {
  #details;
  #rows = new Map();
  #hrefOf;

  /** @param {HTMLDetailsElement} details @param {(name: string) => string} hrefOf the address of a host's own page */
  constructor(details, hrefOf) {
    this.#details = details;
    this.#hrefOf = hrefOf;
  }

  /** @param {{host: import("./hosts.js").Host, status: object}[]} entries @param {import("./screen.js").Scene} scene */
  show(entries, scene) {
    if (!this.#details.open) return;
    const names = entries.map(({ host }) => host.name);
    arrange(this.#details.querySelector("tbody"), names, this.#rows, (name) => this.#row(name));
    for (const { host, status } of entries) this.#write(this.#rows.get(host.name), host, status, scene);
  }

  #row(name) {
    const row = new Row(NAMES.length + 2);
    row.link = document.createElement("a");
    row.link.append(document.createElement("bdi"));
    row.link.firstChild.textContent = name;
    row.head.append(row.link);
    return row;
  }

  #write({ link, cells: [state, ...cells] }, host, status, scene) {
    const valueOf = values(host, scene);
    setAttribute(link, "href", this.#hrefOf(host.name));
    setText(state, status.words || say("fine-kind"));
    NAMES.forEach((name, i) => {
      const level = name in CHARTS ? levelOf(name, host, scene, valueOf) : "";
      const words = figureWords(name, host, valueOf);
      setText(cells[i], level ? `${words} ${say(level)}` : words);
      setAttribute(cells[i], "data-level", level || null);
    });
    setText(cells.at(-1), uptimeWords(scene.state(host) === "live" ? host.latest : null));
  }
}

/** The mean of the means and the highest peak of a measure from one time to another, Unix seconds. */
function summary(series, name, from, to) {
  let [sum, count, most] = [0, 0, -Infinity];
  for (let number = series.number(from); number < series.number(to); number += 1) {
    const mean = series.mean(name, number);
    if (Number.isNaN(mean)) continue;
    sum += mean;
    count += 1;
    most = Math.max(most, series.peak(name, number));
  }
  const { words } = MEASURES[name];
  return count > 0 ? say("mean-and-peak", { mean: words(sum / count), peak: words(most) }) : "–";
}

/** The charts of one host, a row for each part of the time that they show, the newest first. */
export class TimesTable {
  #details;
  #rows = new Map();
  #redraw = () => {};

  /** @param {HTMLDetailsElement} details */
  constructor(details) {
    this.#details = details;
    details.addEventListener("toggle", () => this.#redraw());
  }

  /** @param {import("./hosts.js").Host} host @param {import("./screen.js").Scene} scene */
  show(host, scene) {
    this.#redraw = () => this.#details.open && this.#write(scene.samples.of(host.name), scene.span);
    this.#redraw();
  }

  #write(series, span) {
    const part = (span.to - span.from) / PARTS;
    const { step } = timeTicks(span, PARTS);
    const keys = Array.from({ length: series ? PARTS : 0 }, (_, i) => String(i));
    arrange(this.#details.querySelector("tbody"), keys, this.#rows, () => new Row(NAMES.length));
    keys.forEach((key, i) => {
      const from = span.to - (i + 1) * part;
      const { head, cells } = this.#rows.get(key);
      setText(head, moment(from, step));
      NAMES.forEach((name, n) => setText(cells[n], summary(series, name, from, from + part)));
    });
  }
}
