// The small card of one host on the wall.

import { fromTemplate, setAttribute, setText } from "./dom.js";
import { chartLevel, figureWords, uptimeWords, values } from "./figures.js";
import { CHARTS, NAMES } from "./measures.js";
import { Panel } from "./panel.js";
import { statusOf } from "./status.js";
import { say } from "./ui_text.js";

export class Tile {
  /**
   * @param {string} name of the host
   * @param {import("./crosshair.js").Crosshair} crosshair
   * @param {() => {span: object, step: number, last: number}} scale see `Crosshair.attach`
   */
  constructor(name, crosshair, scale) {
    this.element = fromTemplate("tile-template");
    this.element.dataset.host = name;
    this.link = this.element.querySelector("a");
    this.element.querySelector(".name").textContent = name;
    this.link.title = name; // it may be cut short
    this.panel = new Panel(crosshair, scale);
    this.element.querySelector(".panel-place").replaceWith(this.panel.element);
  }

  /** Draws the chart. */
  draw(host, scene) {
    this.panel.draw(scene.view.chart, host, scene);
  }

  /** Writes the figures and the status. @param {string} href of the host's own page */
  write(host, scene, href) {
    setAttribute(this.link, "href", href);
    const { kind, words } = statusOf(host, scene);
    setAttribute(this.element, "data-status", kind || null);
    setText(this.element.querySelector(".status"), words);
    this.panel.write(host, scene);
    this.#writeFigures(host, scene);
  }

  #writeFigures(host, scene) {
    const valueOf = values(host, scene);
    for (const name of NAMES) {
      const level = name in CHARTS ? chartLevel(name, host, valueOf, scene.thresholds) : "";
      const figure = this.element.querySelector(`[data-figure="${name}"]`);
      setText(figure.querySelector(".value"), figureWords(name, host, valueOf));
      setText(figure.querySelector(".level"), level && say(level));
      setAttribute(figure, "data-level", level || null);
    }
    const uptime = scene.state(host) === "live" ? host.latest : null;
    setText(this.element.querySelector('[data-figure="uptime"] .value'), uptimeWords(uptime));
  }
}
