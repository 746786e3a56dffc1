// The alerts of the server, and which of them changed. No DOM.

/**
 * @typedef {{host: string, metric: string, state: "pending" | "firing" | "resolved", value: number | null,
 *   threshold: number | null, since: string, until: string | null}} Alert
 */

const key = ({ host, metric }) => `${metric} ${host}`;

export class Alerts {
  #current = new Map();

  /** Those in one state, the newest first. @returns {Alert[]} */
  in(state) {
    const found = [...this.#current.values()].filter((alert) => alert.state === state);
    return found.sort((a, b) => Date.parse(b.since) - Date.parse(a.since));
  }

  /** Those of a host in one state. @returns {Alert[]} */
  of(host, state) {
    return [...this.#current.values()].filter((alert) => alert.host === host && alert.state === state);
  }

  /**
   * Takes the whole list as it is now.
   * @param {Alert[]} list
   * @returns {{fired: Alert[], resolved: Alert[], isEvent: boolean}} those that were not so before; `isEvent` is true
   *   if any alert that fires or has fired changed: a pending one is no event yet
   */
  replace(list) {
    const before = this.#current;
    this.#current = new Map(list.map((alert) => [key(alert), alert]));
    const changed = list.filter((alert) => before.get(key(alert))?.state !== alert.state);
    const hasFired = ({ state }) => state !== "pending";
    const left = [...before.values()].filter((alert) => !this.#current.has(key(alert)));
    return {
      isEvent: changed.some(hasFired) || left.some(({ state }) => state === "firing"),
      fired: changed.filter(({ state }) => state === "firing"),
      resolved: changed.filter((alert) => alert.state === "resolved" && before.get(key(alert))?.state === "firing"),
    };
  }
}
