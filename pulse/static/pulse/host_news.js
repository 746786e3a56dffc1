// What becomes of the hosts, as sentences for those who do not look.

import { say } from "./words.js";
import { silence } from "./hosts.js";

export class HostNews {
  #states = new Map(); // of each host, what was said last

  /**
   * @param {import("./hosts.js").Host[]} hosts all of them
   * @param {import("./scene.js").Scene} scene
   * @returns {string[]} what has changed since the last call. A host that we see for the first time is no news.
   */
  since(hosts, scene) {
    const news = [];
    const states = new Map();
    for (const host of hosts) {
      const before = this.#states.get(host.name);
      // While it is not known whose silence it is, it is not told of.
      const isOurs = scene.state(host) !== "live" && (scene.isQuiet || !scene.hosts.isSettled(host, scene.now));
      const state = isOurs && before !== undefined ? before : scene.state(host);
      states.set(host.name, state);
      if (before === undefined || before === state) continue;
      news.push(say(`became-${state}`, { host: host.name, seconds: silence(host, scene.now) }));
    }
    this.#states = states;
    return news;
  }
}
