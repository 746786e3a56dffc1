// The wall: the view of all hosts that are not gone, with a small card for each.

import { arrange, setAttribute } from "./dom.js";
import { Tile } from "./tile.js";

const FEW = 4; // hosts that get large cards
const SOME = 16; // hosts that get cards of middle size

export class Wall {
  #list;
  #crosshair;
  #scaleOf;
  #hrefOf;
  #tiles = new Map();
  #current = null; // the host whose link and chart Tab reaches; the arrow keys reach the others

  /**
   * @param {HTMLElement} list
   * @param {import("./crosshair.js").Crosshair} crosshair
   * @param {(name: string) => object} scaleOf a host's scale, see `Crosshair.attach`
   * @param {(name: string) => string} hrefOf the address of a host's own page
   */
  constructor(list, crosshair, scaleOf, hrefOf) {
    this.#list = list;
    this.#crosshair = crosshair;
    this.#scaleOf = scaleOf;
    this.#hrefOf = hrefOf;
    list.addEventListener("focusin", (event) => this.#enter(event.target.closest("[data-host]")?.dataset.host));
    list.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /**
   * Shows a card for each of these hosts, in this order.
   * @param {import("./hosts.js").Host[]} hosts
   * @param {import("./scene.js").Scene} scene
   * @param {(name: string) => boolean} isChanged whether the chart of a host has to be drawn anew
   */
  show(hosts, scene, isChanged) {
    const hadFocus = this.#list.contains(document.activeElement);
    const drawn = new Set(this.#tiles.keys());
    const names = hosts.map(({ name }) => name);
    arrange(this.#list, names, this.#tiles, (name) => new Tile(name, this.#crosshair, () => this.#scaleOf(name)));
    setAttribute(this.#list, "data-size", names.length <= FEW ? "few" : names.length <= SOME ? "some" : "many");
    setAttribute(this.#list, "data-chart", scene.view.chart);
    if (!this.#tiles.has(this.#current)) this.#enter(names[0]);
    if (hadFocus && !this.#list.contains(document.activeElement)) this.focus(this.#current);
    for (const host of hosts) {
      const tile = this.#tiles.get(host.name);
      if (isChanged(host.name) || !drawn.has(host.name)) tile.draw(host, scene);
      tile.write(host, scene, this.#hrefOf(host.name));
    }
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
      setAttribute(tile.panel.plot, "tabindex", place);
    }
  }

  #pressed(event) {
    const tile = this.#tiles.get(this.#current);
    if (event.altKey || event.ctrlKey || event.metaKey || !tile) return;
    if (event.key === "Enter" && event.target === tile.panel.plot) tile.link.click();
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = this.#tiles.get(tile.element[step]?.dataset.host);
    if (next) (event.target === tile.link ? next.link : next.panel.plot).focus();
  }
}
