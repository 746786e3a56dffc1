// What is alarming now, and what was: two lists, and the sentences for those who do not look.

import { AlertList, alertWords } from "./alert_list.js";
import { fetchEvents } from "./archive.js";
import { say } from "./words.js";

export class AlertPanel {
  #alerts;
  #announcer;
  #now;
  #events;
  #parts;

  /**
   * @param {import("./alerts.js").Alerts} alerts
   * @param {import("./announcer.js").Announcer} announcer
   * @param {{now: HTMLElement, none: HTMLElement, events: HTMLElement, noEvents: HTMLElement}} parts of the page
   * @param {(name: string) => string} hrefOf the address of a host's own page
   */
  constructor(alerts, announcer, parts, hrefOf) {
    this.#alerts = alerts;
    this.#announcer = announcer;
    this.#parts = parts;
    this.#now = new AlertList(parts.now, hrefOf);
    this.#events = new AlertList(parts.events, hrefOf);
  }

  /** Takes the list of an `alerts` frame. @param {import("./alerts.js").Alert[]} list */
  receive(list) {
    const { fired, resolved, isOther } = this.#alerts.replace(list);
    for (const alert of fired) this.#announcer.alarm(this.#sentence(alert));
    for (const alert of resolved) this.#announcer.tell(this.#sentence(alert));
    this.#now.show(this.#alerts.all);
    this.#parts.now.hidden = list.length === 0;
    this.#parts.none.hidden = list.length > 0;
    if (isOther) this.showEvents();
  }

  /** There is no connection: that nothing is alarming cannot be said any more. */
  disconnected() {
    this.#parts.none.hidden = true;
  }

  /** Shows the newest alerts that fired; leaves those that are there if they cannot be had. */
  async showEvents() {
    const events = await fetchEvents().catch(() => null);
    if (events === null) return;
    this.#events.show(events);
    this.#parts.events.hidden = events.length === 0;
    this.#parts.noEvents.hidden = events.length > 0;
  }

  #sentence(alert) {
    return say("alert-news", { state: say(alert.state), host: alert.host, what: alertWords(alert) });
  }
}
