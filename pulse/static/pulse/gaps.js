// Finds out that pulses were lost on their way, and has the kept samples asked for again: they may fill the gap. No DOM.

import { BRIDGED } from "./geometry.js";

const SOON = 2_000; // ms: by then the last ones are stored, and many hosts that come back together are one question
const PAUSE = 30_000; // ms between two questions, however often hosts fall silent and come back

/** Whether a line is broken where so many `seconds` passed between two samples. */
const isGap = (seconds, { beat }) => seconds > BRIDGED * beat;

export class Gaps {
  #ask;
  #timer = null; // of the question that is planned
  #askedAt = -Infinity; // ms
  #kept = {}; // by host, the last answer of the server

  /** @param {() => void} ask */
  constructor(ask) {
    this.#ask = ask;
  }

  /**
   * A pulse came. A gap before it is asked for once: if it is there afterwards, nothing was measured.
   * @param {import("./hosts.js").Host} host
   * @param {import("./hosts.js").Host | undefined} before the same host before it
   * @param {number} now Unix ms
   */
  heard(host, before, now) {
    if (before === undefined) return;
    const last = Math.max(before.at / 1000, this.#kept[host.name]?.last ?? -Infinity);
    if (isGap(host.at / 1000 - last, host)) this.#plan(now);
  }

  /**
   * Kept samples came. If they end before the live ones they are asked for again, until the store has caught up.
   * @param {{now: number, range: number, hosts: Record<string, {last: number}>}} answer of `samples/`
   * @param {import("./hosts.js").Host[]} live those whose pulses come
   * @param {number} now Unix ms
   */
  loaded(answer, live, now) {
    this.#kept = answer.hosts;
    clearTimeout(this.#timer);
    this.#timer = null;
    if (live.some((host) => isBehind(answer, host))) this.#plan(now);
  }

  #plan(now) {
    if (this.#timer !== null) return;
    const pause = Math.min(this.#askedAt + PAUSE - now, PAUSE); // a clock may be set back
    this.#timer = setTimeout(() => this.#askNow(), Math.max(SOON, pause));
  }

  #askNow() {
    this.#timer = null;
    this.#askedAt = Date.now();
    this.#ask();
  }
}

// A host that is not in the answer was not measured since the range began, by the server's clock. One whose clock is
// ahead of that will never be in it.
function isBehind({ now, range, hosts }, host) {
  const at = host.at / 1000;
  return isGap(at - (hosts[host.name]?.last ?? now - range), host) && !isGap(at - now, host);
}
