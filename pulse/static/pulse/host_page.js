// One host by itself: a large chart of everything that is measured, its cores and disks, and the figures as a table.

import { Chart } from "./chart.js";
import { arrange, fromTemplate, say, setAttribute, setText } from "./dom.js";
import { CHARTS, uptimeWords } from "./figures.js";
import { TimesTable } from "./tables.js";
import { bytes, percent } from "./units.js";
import { showTime } from "../rtproject/times.js";

export class HostPage {
  #element;
  #charts = new Map();
  #cores = new Map();
  #disks = new Map();
  #table;
  #shown = ""; // the host whose charts are drawn

  /**
   * @param {HTMLElement} element
   * @param {import("./cursor.js").Cursor} cursor
   * @param {() => object} scale of the host that is shown, see `Cursor.attach`
   */
  constructor(element, cursor, scale) {
    this.#element = element;
    arrange(this.#find(".charts"), Object.keys(CHARTS), this.#charts, () => new Chart(cursor, scale));
    for (const { plot } of this.#charts.values()) plot.tabIndex = 0;
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
   * @param {{host: import("./hosts.js").Host, status: object}} entry
   * @param {import("./screen.js").Scene} scene
   * @param {boolean} isChanged whether there is something new to draw
   */
  show({ host, status: { kind, words } }, scene, isChanged) {
    this.#element.hidden = false;
    setAttribute(this.#element, "data-host", host.name);
    setText(this.#find(".name"), host.name);
    setAttribute(this.#element, "data-status", kind);
    setText(this.#find(".status"), words);
    const isNew = this.#shown !== host.name;
    this.#shown = host.name;
    for (const [name, chart] of this.#charts) {
      if (isChanged || isNew) chart.draw(name, host, scene);
      chart.write(host, scene);
    }
    const pulse = scene.state(host) === "live" ? host.latest : null;
    setText(this.#find(".uptime"), pulse ? say("up-for", { time: uptimeWords(pulse) }) : "");
    this.#showCores(pulse?.cores ?? []);
    this.#showDisks(pulse?.disks ?? []);
    if (!isChanged && !isNew) return;
    showTime(this.#find("header time"), new Date(host.at));
    this.#table.show(host, scene);
  }

  #showCores(uses) {
    this.#find(".cores").hidden = uses.length === 0;
    const keys = uses.map((_, number) => String(number + 1));
    arrange(this.#find(".cores ol"), keys, this.#cores, (number) => new Bar(number));
    uses.forEach((use, i) => this.#cores.get(keys[i]).show(use, percent(use)));
  }

  // A single one is the one of the chart.
  #showDisks(disks) {
    this.#find(".disks").hidden = disks.length < 2;
    arrange(this.#find(".disks ol"), disks.map(({ mount }) => mount), this.#disks, (mount) => new Bar(mount));
    for (const { mount, percent: used, available } of disks) {
      this.#disks.get(mount).show(used, say("disk-space", { used: percent(used), free: bytes(available) }));
    }
  }
}

/** How much of something is used, as a bar. */
class Bar {
  constructor(label) {
    this.element = fromTemplate("bar-template");
    this.element.querySelector(".label").textContent = label;
  }

  show(use, words) {
    setAttribute(this.element.querySelector("path"), "d", Number.isFinite(use) ? `M0 .5H${use}` : "");
    setText(this.element.querySelector(".value"), words);
  }
}
