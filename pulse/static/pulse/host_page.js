// One host by itself: a large chart of everything that is measured, its cores, and the figures as a table.

import { arrange, fromTemplate, setAttribute, setText } from "./dom.js";
import { thresholdOf, uptimeWords } from "./figures.js";
import { CHARTS, level } from "./measures.js";
import { Panel } from "./panel.js";
import { statusOf } from "./status.js";
import { TimesTable } from "./times_table.js";
import { bytes, percent } from "./units.js";
import { say } from "./ui_text.js";
import { showTime } from "../rtproject/times.js";

export class HostPage {
  #element;
  #panels = new Map();
  #cores = new Map();
  #disks = new Map();
  #table;
  #shown = ""; // the host whose charts are drawn

  /**
   * @param {HTMLElement} element
   * @param {import("./crosshair.js").Crosshair} crosshair
   * @param {() => object} scale of the host that is shown, see `Crosshair.attach`
   */
  constructor(element, crosshair, scale) {
    this.#element = element;
    const place = this.#find(".panels");
    arrange(place, Object.keys(CHARTS), this.#panels, () => new Panel(crosshair, scale));
    for (const { plot } of this.#panels.values()) plot.tabIndex = 0;
    this.#table = new TimesTable(this.#find(".times"));
  }

  #find(selector) {
    return this.#element.querySelector(selector);
  }

  /** Hides the page. */
  hide() {
    this.#element.hidden = true;
    this.#element.removeAttribute("data-host");
    this.#shown = "";
  }

  /** Puts the focus on the heading. */
  focus() {
    this.#find("h2").focus();
  }

  /**
   * @param {import("./hosts.js").Host} host
   * @param {import("./scene.js").Scene} scene
   * @param {boolean} isChanged whether there is something new to draw
   */
  show(host, scene, isChanged) {
    this.#element.hidden = false;
    setAttribute(this.#element, "data-host", host.name);
    setText(this.#find(".name"), host.name);
    this.#showStatus(host, scene);
    const isNew = this.#shown !== host.name;
    this.#shown = host.name;
    for (const [chart, panel] of this.#panels) {
      if (isChanged || isNew) panel.draw(chart, host, scene);
      panel.write(host, scene);
    }
    this.#showCores(scene.state(host) === "live" ? (host.latest?.cores ?? []) : [], thresholdOf("cpu", host, scene.thresholds));
    this.#showDisks(scene.state(host) === "live" ? (host.latest?.disks ?? []) : []);
    if (!isChanged && !isNew) return;
    showTime(this.#find("time"), new Date(host.at));
    this.#table.show(host, scene);
  }

  #showStatus(host, scene) {
    const { kind, words } = statusOf(host, scene);
    setAttribute(this.#element, "data-status", kind || null);
    setText(this.#find(".status"), words);
    const isLive = scene.state(host) === "live" && host.latest !== null;
    setText(this.#find(".uptime"), isLive ? say("up-for", { time: uptimeWords(host.latest) }) : "");
  }

  #showCores(uses, threshold) {
    this.#find(".cores").hidden = uses.length === 0;
    const keys = uses.map((_, number) => String(number + 1));
    arrange(this.#find(".cores ol"), keys, this.#cores, (number) => new Core(number));
    uses.forEach((use, i) => this.#cores.get(keys[i]).show(use, threshold));
  }

  // A single one is the one of the chart.
  #showDisks(disks) {
    this.#find(".disks").hidden = disks.length < 2;
    const makeItem = () => ({ element: document.createElement("li") });
    arrange(this.#find(".disks ul"), disks.map(({ mount }) => mount), this.#disks, makeItem);
    for (const { mount, percent: used, available } of disks) {
      const words = { mount, used: percent(used), free: bytes(available) };
      setText(this.#disks.get(mount).element, say("disk-space", words));
    }
  }
}

/** The use of one core, as a bar. */
class Core {
  constructor(number) {
    this.element = fromTemplate("core-template");
    this.element.querySelector(".label").textContent = number;
  }

  show(use, threshold) {
    setAttribute(this.element.querySelector("path"), "d", `M0 .5H${use}`);
    setText(this.element.querySelector(".value"), percent(use));
    setAttribute(this.element, "data-level", level(use, threshold) || null);
  }
}
