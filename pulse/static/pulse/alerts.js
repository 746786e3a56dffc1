// The alerts that the server tells of, and what of them is news. No DOM.

/**
 * @typedef {{host: string, metric: string, state: "pending" | "firing" | "resolved", value: number | null,
 *   threshold: number | null, since: string, until: string | null}} Alert
 */

const key = ({ host, metric }) => `${metric} ${host}`;

export class Alerts {
  #current = new Map();

  /** All of them, the worst first. @returns {Alert[]} */
  get all() {
    const rank = { firing: 0, pending: 1, resolved: 2 };
    return [...this.#current.values()].sort((a, b) => rank[a.state] - rank[b.state] || (a.since < b.since ? 1 : -1));
  }

  /** How many are firing. */
  get firing() {
    return [...this.#current.values()].filter(({ state }) => state === "firing").length;
  }

  /** Those of a host in one state. @returns {Alert[]} */
  of(host, state) {
    return [...this.#current.values()].filter((alert) => alert.host === host && alert.state === state);
  }

  /**
   * Takes the whole list as it is now.
   * @param {Alert[]} list
   * @returns {{fired: Alert[], resolved: Alert[], isOther: boolean}} what was not so before; `isOther` tells of any
   *   change but that of a value
   */
  replace(list) {
    const before = this.#current;
    this.#current = new Map(list.map((alert) => [key(alert), alert]));
    const changed = list.filter((alert) => before.get(key(alert))?.state !== alert.state);
    const isOther = changed.length > 0 || [...before.keys()].some((known) => !this.#current.has(known));
    return {
      isOther,
      fired: changed.filter(({ state }) => state === "firing"),
      resolved: changed.filter((alert) => alert.state === "resolved" && before.get(key(alert))?.state === "firing"),
    };
  }
}
