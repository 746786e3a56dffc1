// The alerts that fire, those that are pending, and past events: lists with their counts, and sentences for a screen
// reader. Pending ones come and go, so they move nothing: their list opens above the page.

import { AlertList, alertWords } from "./alert_list.js";
import { Archive } from "./archive.js";
import { setText } from "./dom.js";
import { say } from "./ui_text.js";

export class AlertPanel {
  #alerts;
  #announcer;
  #now;
  #pending;
  #events;
  #archive;
  #parts;

  /**
   * @param {import("./alerts.js").Alerts} alerts
   * @param {import("./announcer.js").Announcer} announcer
   * @param {Record<"none" | "unknown" | "firing" | "now" | "pending" | "events" | "noEvents", HTMLElement>} parts of the page
   * @param {(name: string) => string} hrefOf the address of a host's own page
   */
  constructor(alerts, announcer, parts, hrefOf) {
    this.#alerts = alerts;
    this.#announcer = announcer;
    this.#parts = parts;
    this.#now = new AlertList(parts.now, hrefOf);
    this.#pending = new AlertList(parts.pending.querySelector("ul"), hrefOf);
    this.#events = new AlertList(parts.events, hrefOf);
    this.#archive = new Archive(
      () => "events/?limit=50",
      (_, answer) => answer && this.#showEvents(answer.events),
    );
  }

  /** Takes the list of an `alerts` frame. @param {import("./alerts.js").Alert[]} list */
  receive(list) {
    this.#parts.unknown.hidden = true;
    const { fired, resolved, isEvent } = this.#alerts.replace(list);
    for (const alert of fired) this.#announcer.alarm(this.#sentence(alert));
    for (const alert of resolved) this.#announcer.tell(this.#sentence(alert));
    this.#show(this.#alerts.in("firing"), this.#alerts.in("pending"), this.#alerts.in("resolved"));
    if (isEvent) this.showEvents();
  }

  #show(firing, pending, resolved) {
    const { now, none, firing: count, pending: details } = this.#parts;
    this.#now.show([...firing, ...resolved]);
    this.#pending.show(pending);
    now.hidden = firing.length + resolved.length === 0;
    none.hidden = firing.length > 0;
    count.hidden = firing.length === 0;
    setText(count, say("firing-count", { count: firing.length }));
    details.hidden = false;
    details.classList.toggle("some", pending.length > 0);
    setText(details.querySelector("summary"), say("pending-count", { count: pending.length }));
  }

  /** Hides the sentences about the state of alerts, since there is no connection. */
  disconnected() {
    this.#parts.none.hidden = true;
    this.#parts.unknown.hidden = true;
  }

  /** Says that the server cannot tell which alerts fire. Known ones stay, and may be over. */
  outdated() {
    this.#parts.none.hidden = true;
    this.#parts.unknown.hidden = false;
  }

  /** Requests and shows the newest alerts that fired; the ones on the page stay until then. */
  showEvents() {
    this.#archive.ask();
  }

  #showEvents(events) {
    this.#events.show(events);
    this.#parts.events.hidden = events.length === 0;
    this.#parts.noEvents.hidden = events.length > 0;
  }

  #sentence(alert) {
    return say("alert-news", { state: say(alert.state), host: alert.host, what: alertWords(alert) });
  }
}
