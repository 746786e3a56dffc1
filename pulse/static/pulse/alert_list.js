// Alerts in words and as lists.

import { arrange, fromTemplate, setAttribute, setText } from "./dom.js";
import { MEASURES } from "./measures.js";
import { duration } from "./units.js";
import { say } from "./ui_text.js";
import { showTime } from "../rtproject/times.js";

/** An alert in words, without the host: "Load per core 2.60 (threshold 2.00)". @param {import("./alerts.js").Alert} alert */
export function alertWords({ metric, value, threshold }) {
  if (metric === "silent") return say("silent");
  const words = MEASURES[metric]?.words ?? String;
  const name = say(metric === "load" ? "load-per-core" : metric); // "load" alone is the load of the whole machine
  const values = { metric: name, value: words(value ?? NaN), threshold: words(threshold ?? NaN) };
  return say(threshold === null ? "alert-value" : "alert-over", values);
}

/** A list of alerts, one row each. */
export class AlertList {
  #list;
  #rows = new Map();
  #hrefOf;

  /** @param {HTMLElement} list @param {(name: string) => string} hrefOf the address of a host's own page */
  constructor(list, hrefOf) {
    this.#list = list;
    this.#hrefOf = hrefOf;
  }

  /** @param {import("./alerts.js").Alert[]} alerts in the order in which they are shown */
  show(alerts) {
    const byKey = new Map(alerts.map((alert) => [`${alert.state} ${alert.metric} ${alert.since} ${alert.host}`, alert]));
    arrange(this.#list, [...byKey.keys()], this.#rows, () => new Row());
    for (const [key, alert] of byKey) this.#rows.get(key).show(alert, this.#hrefOf(alert.host));
  }
}

class Row {
  constructor() {
    this.element = fromTemplate("alert-template");
  }

  show(alert, href) {
    const find = (selector) => this.element.querySelector(selector);
    setAttribute(this.element, "data-state", alert.state);
    setText(find(".alert-state"), say(alert.state));
    setAttribute(find("a"), "href", href);
    setText(find("bdi"), alert.host);
    setText(find(".what"), alertWords(alert));
    showTime(find(".since"), new Date(alert.since));
    find(".open").hidden = alert.until !== null;
    find(".ended").hidden = alert.until === null;
    if (alert.until === null) return;
    showTime(find(".until"), new Date(alert.until));
    setText(find(".lasted"), duration((Date.parse(alert.until) - Date.parse(alert.since)) / 1000));
  }
}
