// The wall as a table: the same figures of every host.

import { arrange, setAttribute, setText } from "./dom.js";
import { chartLevel, figureWords, uptimeWords, values } from "./figures.js";
import { CHARTS, NAMES } from "./measures.js";
import { statusOf } from "./status.js";
import { say } from "./ui_text.js";

export class HostsTable {
  #details;
  #rows = new Map();
  #hrefOf;

  /**
   * @param {HTMLDetailsElement} details it is written only while it is open
   * @param {(name: string) => string} hrefOf the address of a host's own page
   */
  constructor(details, hrefOf) {
    this.#details = details;
    this.#hrefOf = hrefOf;
  }

  /** @param {import("./hosts.js").Host[]} hosts @param {import("./scene.js").Scene} scene */
  show(hosts, scene) {
    if (!this.#details.open) return;
    const names = hosts.map(({ name }) => name);
    arrange(this.#details.querySelector("tbody"), names, this.#rows, (name) => new Row(name));
    for (const host of hosts) this.#rows.get(host.name).show(host, scene, this.#hrefOf(host.name));
  }
}

class Row {
  constructor(name) {
    this.element = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    this.link = document.createElement("a");
    const isolated = document.createElement("bdi");
    isolated.textContent = name;
    this.link.append(isolated);
    head.append(this.link);
    this.element.append(head, ...["status", ...NAMES, "uptime"].map(() => document.createElement("td")));
  }

  show(host, scene, href) {
    const [status, ...cells] = [...this.element.children].slice(1);
    const valueOf = values(host, scene);
    setAttribute(this.link, "href", href);
    setText(status, statusOf(host, scene).words || say("live"));
    NAMES.forEach((name, i) => {
      const level = name in CHARTS ? chartLevel(name, host, valueOf, scene.thresholds) : "";
      const words = figureWords(name, host, valueOf);
      setText(cells[i], level ? `${words} ${say(level)}` : words);
      setAttribute(cells[i], "data-level", level || null);
    });
    setText(cells.at(-1), uptimeWords(scene.state(host) === "live" ? host.latest : null));
  }
}
