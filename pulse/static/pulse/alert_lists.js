// The alerts that are pending or firing and the events that were, as lists: of all hosts, or of one.

import { Archive } from "./archive.js";
import { arrange, element, fromTemplate, say, setAttribute, setText } from "./dom.js";
import { MEASURES } from "./figures.js";
import { duration } from "./units.js";
import { showTime } from "../rtproject/times.js";

/** An alert in words, without the host: "Load per core 2.60 (threshold 2.00)". @param {import("./alerts.js").Alert} alert */
export function alertWords({ metric, value, threshold }) {
  if (metric === "silent") return say("silent");
  const words = MEASURES[metric]?.words ?? String;
  const name = say(metric === "load" ? "load-per-core" : metric); // "load" alone is the load of the whole machine
  const values = { metric: name, value: words(value ?? NaN), threshold: words(threshold ?? NaN) };
  return say(threshold === null ? "alert-value" : "alert-over", values);
}

/** A list with a row for each alert. */
class AlertList {
  #list;
  #rows = new Map();
  #hrefOf;

  constructor(list, hrefOf) {
    this.#list = list;
    this.#hrefOf = hrefOf;
  }

  /** @param {import("./alerts.js").Alert[]} alerts in the order in which they are shown */
  show(alerts) {
    const byKey = new Map(alerts.map((alert) => [`${alert.state} ${alert.metric} ${alert.since} ${alert.host}`, alert]));
    arrange(this.#list, [...byKey.keys()], this.#rows, () => ({ element: fromTemplate("alert-template") }));
    for (const [key, alert] of byKey) this.#write(this.#rows.get(key).element, alert);
    this.#list.hidden = alerts.length === 0;
  }

  #write(row, alert) {
    const find = (selector) => row.querySelector(selector);
    setAttribute(row, "data-state", alert.state);
    setText(find(".alert-state"), say(alert.state));
    setAttribute(find("a"), "href", this.#hrefOf(alert.host));
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

/** All lists of alerts on the page. */
export class AlertLists {
  #alerts;
  #all;
  #own;
  #events;
  #archive;
  #about = null; // the host whose events are shown; "": those of all

  /** @param {import("./alerts.js").Alerts} alerts @param {(name: string) => string} hrefOf */
  constructor(alerts, hrefOf) {
    this.#alerts = alerts;
    this.#all = new AlertList(element("alerts"), hrefOf);
    this.#own = new AlertList(element("host-alerts"), hrefOf);
    this.#events = new AlertList(element("events"), hrefOf);
    this.#archive = new Archive(
      (host) => `events/?limit=50${host && `&host=${encodeURIComponent(host)}`}`,
      (host, answer) => answer && host === this.#about && this.#showEvents(answer.events),
    );
    closeByEscape(element("open-alerts"));
  }

  /** Shows the alerts as they are. @param {string} host the one that is shown by itself; "": all are */
  show(host) {
    const [firing, pending, resolved] = ["firing", "pending", "resolved"].map((state) => this.#alerts.in(state));
    const all = [...firing, ...pending, ...resolved];
    this.#all.show(all);
    this.#own.show(host === "" ? [] : all.filter((alert) => alert.host === host));
    element("open-alerts").hidden = host !== "" || all.length === 0;
    setText(element("alert-count"), say("alert-count", { firing: firing.length, pending: pending.length }));
    setAttribute(element("open-alerts"), "data-status", firing.length > 0 ? "firing" : pending.length > 0 ? "pending" : null);
    if (host === this.#about) return;
    this.#about = host;
    this.loadEvents();
  }

  /** Requests the newest alerts that fired; those on the page stay until then. */
  loadEvents() {
    if (this.#about !== null) this.#archive.ask(this.#about);
  }

  #showEvents(events) {
    this.#events.show(events);
    element("no-events").hidden = events.length > 0;
  }
}

/** Closes a list that opens above the page by Escape, and by a click elsewhere. @param {HTMLDetailsElement} details */
function closeByEscape(details) {
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !details.open) return;
    if (details.contains(document.activeElement)) details.querySelector("summary").focus();
    details.open = false;
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!details.contains(target)) details.open = false;
  });
}
