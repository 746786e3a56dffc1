// The alerts of the server, which of them changed, and the thresholds that an admin set. No DOM.

/**
 * @typedef {{host: string, metric: string, state: "pending" | "firing" | "resolved", value: number | null,
 *   threshold: number | null, since: string, until: string | null}} Alert
 */

const key = ({ host, metric }) => `${metric} ${host}`;

export class Alerts {
  #current = new Map();
  #byHost = new Map();

  /** Those in one state, the newest first. @returns {Alert[]} */
  in(state) {
    const found = [...this.#current.values()].filter((alert) => alert.state === state);
    return found.sort((a, b) => Date.parse(b.since) - Date.parse(a.since));
  }

  /** The one of a host's metric that is pending or firing. @returns {Alert | undefined} */
  open(host, metric) {
    const alert = this.#current.get(key({ host, metric }));
    return alert?.state === "resolved" ? undefined : alert;
  }

  /** Those of a host in one state. @returns {Alert[]} */
  of(host, state) {
    return (this.#byHost.get(host) ?? []).filter((alert) => alert.state === state);
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
    this.#byHost = Map.groupBy(list, ({ host }) => host);
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

const sound = (given) => Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => Number.isFinite(value)));

/** The thresholds: first those in the page, then those of `alerts` frames. */
export class Thresholds {
  #shared;
  #own = {}; // by host, those that differ

  /** @param {Record<string, number>} given by metric: percent, load per core */
  constructor(given) {
    this.#shared = sound(given);
  }

  /** Those of a host, by metric; a metric without one is missing. @returns {Record<string, number>} */
  of(host) {
    return Object.hasOwn(this.#own, host) ? { ...this.#shared, ...this.#own[host] } : this.#shared;
  }

  /**
   * Takes them as they are now.
   * @param {unknown} shared anything but an object changes nothing, as in the frames of an older server
   * @param {Record<string, Record<string, number>>} [own] by host
   * @returns {boolean} whether any is another one than before
   */
  replace(shared, own = {}) {
    if (typeof shared !== "object" || shared === null) return false;
    const before = JSON.stringify([this.#shared, this.#own]);
    this.#shared = sound(shared);
    this.#own = Object.fromEntries(Object.entries(own).map(([host, given]) => [host, sound(given)]));
    return before !== JSON.stringify([this.#shared, this.#own]);
  }
}
