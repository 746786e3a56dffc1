// The list of hosts that are gone, and have no card on the wall any more.

import { arrange, fromTemplate, setAttribute, setText } from "./dom.js";
import { showTime } from "../rtproject/times.js";

export class GoneList {
  #section;
  #rows = new Map();
  #hrefOf;

  /** @param {HTMLElement} section @param {(name: string) => string} hrefOf the address of a host's own page */
  constructor(section, hrefOf) {
    this.#section = section;
    this.#hrefOf = hrefOf;
  }

  /** @param {import("./hosts.js").Host[]} hosts */
  show(hosts) {
    this.#section.hidden = hosts.length === 0;
    const names = hosts.map(({ name }) => name);
    arrange(this.#section.querySelector("ul"), names, this.#rows, (name) => this.#row(name));
    for (const host of hosts) {
      const { element } = this.#rows.get(host.name);
      setAttribute(element.querySelector("a"), "href", this.#hrefOf(host.name));
      const time = element.querySelector("time");
      if (time.dateTime !== new Date(host.at).toISOString()) showTime(time, new Date(host.at));
    }
  }

  #row(name) {
    const element = fromTemplate("gone-template");
    setText(element.querySelector("bdi"), name);
    return { element };
  }
}
