// Sentences for a screen reader: in batches, each one once, and which changes of hosts they tell.

import { say } from "./dom.js";
import { silence } from "./hosts.js";

const BATCH = 1_000; // ms: fifty hosts that go silent together are one announcement
const MOST = 5; // sentences in one

export class Announcer {
  #regions;
  #waiting = { polite: [], assertive: [] };
  #timer = null;
  #states = new Map(); // of each host, the last one that was told

  /** @param {HTMLElement} polite @param {HTMLElement} assertive live regions */
  constructor(polite, assertive) {
    this.#regions = { polite, assertive };
  }

  /** Announces a sentence after the one that is being read. */
  tell(sentence) {
    this.#put("polite", sentence);
  }

  /** Announces a sentence at once. */
  alarm(sentence) {
    this.#put("assertive", sentence);
  }

  /**
   * Announces the hosts that fell silent or came back since the last call. One that is seen for the first time is no
   * news, nor is one of which the page cannot know.
   */
  tellChanges(hosts, scene) {
    const states = new Map();
    for (const host of hosts) {
      const before = this.#states.get(host.name);
      const state = scene.state(host) === "unknown" ? (before ?? "unknown") : scene.state(host);
      states.set(host.name, state);
      if (before === undefined || before === state || before === "unknown") continue;
      this.tell(say(`became-${state}`, { host: host.name, seconds: silence(host, scene.now) }));
    }
    this.#states = states;
  }

  #put(kind, sentence) {
    this.#waiting[kind].push(sentence);
    this.#timer ??= setTimeout(() => this.#speak(), BATCH);
  }

  #speak() {
    this.#timer = null;
    for (const [kind, region] of Object.entries(this.#regions)) this.#fill(region, this.#waiting[kind].splice(0));
  }

  #fill(region, sentences) {
    if (sentences.length === 0) return;
    const more = sentences.length - MOST;
    const said = more > 0 ? [...sentences.slice(0, MOST), say("and-more", { count: more })] : sentences;
    region.textContent = said.join(" ");
  }
}
