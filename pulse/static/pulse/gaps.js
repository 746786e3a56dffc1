// Notices pulses that were lost on their way, and requests the stored samples again, which may fill the gap. No DOM.

import { BRIDGED } from "./scale.js";

const SOON = 2_000; // ms: by then the last ones are stored, and many hosts that come back together are one request
const PAUSE = 30_000; // ms between two requests, however often hosts fall silent and come back

/** Whether a line is broken where so many `seconds` passed between two samples. */
const isGap = (seconds, { beat }) => seconds > BRIDGED * beat;

export class Gaps {
  #ask;
  #timer = null; // of the planned request
  #askedAt = -Infinity; // ms
  #kept = {}; // by host, the last answer of the server

  /** @param {() => void} ask */
  constructor(ask) {
    this.#ask = ask;
  }

  /**
   * Notes that a pulse came. A gap before it is requested once: if it stays, nothing was measured.
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
   * Takes stored samples. If they end before the live ones they are requested again, until the store has caught up.
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
