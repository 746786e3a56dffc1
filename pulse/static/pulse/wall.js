// The wall: the view of all hosts, the worst first, each with a card, or where they are many as a line.

import { Chart } from "./chart.js";
import { arrange, fromTemplate, say, setAttribute, setText } from "./dom.js";
import { CHARTS, figureWords, levelOf, NAMES, uptimeWords, values } from "./figures.js";

const SIZES = { few: 4, some: 16, many: 60, lines: Infinity }; // up to so many hosts
const REST = 5_000; // ms after which a pointer does not point at a host any more

/** Whether so many hosts are lines, with the value of one chart each. */
export const areLines = (count) => count > SIZES.some;

export class Wall {
  #list;
  #cursor;
  #scaleOf;
  #hrefOf;
  #tiles = new Map();
  #current = null; // the host whose link and chart Tab reaches; the arrow keys reach the others
  #pointedAt = -Infinity;

  /**
   * @param {HTMLElement} list
   * @param {import("./cursor.js").Cursor} cursor
   * @param {(name: string) => object} scaleOf a host's scale, see `Cursor.attach`
   * @param {(name: string) => string} hrefOf the address of a host's own page
   */
  constructor(list, cursor, scaleOf, hrefOf) {
    this.#list = list;
    this.#cursor = cursor;
    this.#scaleOf = scaleOf;
    this.#hrefOf = hrefOf;
    list.addEventListener("focusin", (event) => this.#enter(event.target.closest("[data-host]")?.dataset.host));
    list.addEventListener("keydown", (event) => this.#pressed(event));
    list.addEventListener("pointermove", () => (this.#pointedAt = Date.now()));
    list.addEventListener("pointerleave", () => (this.#pointedAt = -Infinity));
  }

  /**
   * Shows a card for each of these hosts, in this order.
   * @param {{host: import("./hosts.js").Host, status: object}[]} entries
   * @param {import("./screen.js").Scene} scene
   * @param {(name: string) => boolean} isChanged whether the chart of a host has to be drawn anew
   */
  show(entries, scene, isChanged) {
    const hadFocus = this.#list.contains(document.activeElement);
    const drawn = new Set(this.#tiles.keys());
    const names = this.#steady(entries.map(({ host }) => host.name));
    arrange(this.#list, names, this.#tiles, (name) => new Tile(name, this.#cursor, () => this.#scaleOf(name)));
    setAttribute(this.#list, "data-size", Object.keys(SIZES).find((size) => names.length <= SIZES[size]));
    setAttribute(this.#list, "data-chart", scene.view.chart);
    if (!this.#tiles.has(this.#current)) this.#enter(names[0]);
    if (hadFocus && !this.#list.contains(document.activeElement)) this.focus(this.#current);
    for (const { host, status } of entries) {
      const tile = this.#tiles.get(host.name);
      if (isChanged(host.name) || !drawn.has(host.name)) tile.chart.draw(scene.view.chart, host, scene);
      tile.write(host, status, scene, this.#hrefOf(host.name));
    }
  }

  // While somebody points at a host nothing moves, since a click would reach another one.
  #steady(names) {
    if (Date.now() - this.#pointedAt > REST) return names;
    const wanted = new Set(names);
    return [...new Set([...this.#tiles.keys().filter((name) => wanted.has(name)), ...names])];
  }

  /** Puts the focus on the link of a host. */
  focus(name) {
    this.#tiles.get(name)?.link.focus();
  }

  // One card at a time is in the order of the Tab key: fifty hosts would be a hundred stops.
  #enter(name) {
    if (name === undefined || name === this.#current) return;
    this.#current = name;
    for (const [other, tile] of this.#tiles) {
      const place = other === name ? 0 : -1;
      setAttribute(tile.link, "tabindex", place);
      setAttribute(tile.chart.plot, "tabindex", place);
    }
  }

  #pressed(event) {
    const tile = this.#tiles.get(this.#current);
    if (event.altKey || event.ctrlKey || event.metaKey || !tile) return;
    if (event.key === "Enter" && event.target === tile.chart.plot) tile.link.click();
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = this.#tiles.get(tile.element[step]?.dataset.host);
    if (next) (event.target === tile.link ? next.link : next.chart.plot).focus();
  }
}

/** The card of one host. */
class Tile {
  constructor(name, cursor, scale) {
    this.element = fromTemplate("tile-template");
    this.element.dataset.host = name;
    this.link = this.element.querySelector("a");
    this.element.querySelector(".name").textContent = name;
    this.chart = new Chart(cursor, scale);
    this.element.querySelector(".chart-place").replaceWith(this.chart.element);
  }

  write(host, { kind, words }, scene, href) {
    setAttribute(this.link, "href", href);
    setAttribute(this.link, "title", words ? `${host.name}: ${words}` : host.name); // either may be cut short
    setAttribute(this.element, "data-status", kind);
    setText(this.element.querySelector(".status"), words);
    this.chart.write(host, scene);
    const valueOf = values(host, scene);
    for (const name of NAMES) this.#writeFigure(name, name in CHARTS && levelOf(name, host, scene, valueOf), figureWords(name, host, valueOf));
    this.#writeFigure("uptime", "", uptimeWords(scene.state(host) === "live" ? host.latest : null));
  }

  #writeFigure(name, level, words) {
    const figure = this.element.querySelector(`[data-figure="${name}"]`);
    setText(figure.querySelector(".value"), words);
    setText(figure.querySelector(".level"), level ? say(level) : "");
    setAttribute(figure, "data-level", level || null);
  }
}
