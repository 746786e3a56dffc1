// Changes of the hosts' states, as sentences for a screen reader.

import { say } from "./ui_text.js";
import { silence } from "./hosts.js";

export class HostNews {
  #states = new Map(); // of each host, the last one that was told

  /**
   * @param {import("./hosts.js").Host[]} hosts all of them
   * @param {import("./scene.js").Scene} scene
   * @returns {string[]} the changes since the last call; a host that is seen for the first time is no news
   */
  since(hosts, scene) {
    const news = [];
    const states = new Map();
    for (const host of hosts) {
      const before = this.#states.get(host.name);
      // A silence that may be the connection's is not told of.
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
