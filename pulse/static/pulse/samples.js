// The samples of all hosts within the range that is shown: the stored ones, and those that came since. No DOM.

import { MEASURES, NAMES } from "./measures.js";
import { Series } from "./series.js";

/** Range in seconds -> step in seconds while the server has not said another one; 0: the host's own beat. */
export const RANGES = { 300: 0, 3600: 30, 86400: 300, 604800: 3600, 7776000: 21600 };
const RECENT = 60; // pulses of a host that are kept, to be put in again when the range changes

const readAll = (pulse) => Object.fromEntries(NAMES.map((name) => [name, MEASURES[name].read(pulse)]));

export class Samples {
  #series = new Map();
  #recent = new Map();
  #step = 0;

  /** @param {number} range one of RANGES, seconds */
  constructor(range) {
    this.range = range;
    this.#step = RANGES[range];
  }

  /** @returns {Series | undefined} */
  of(name) {
    return this.#series.get(name);
  }

  /** Takes a live pulse of a host. @param {{name: string, latest: object, at: number, beat: number}} host */
  add(host) {
    const sample = { time: host.at / 1000, values: readAll(host.latest) };
    if (sample.time < this.#recent.get(host.name)?.at(-1).time) this.delete(host.name); // a clock was set back
    if (!this.#recent.has(host.name)) this.#recent.set(host.name, []);
    const recent = this.#recent.get(host.name);
    recent.push(sample);
    if (recent.length > RECENT) recent.shift();
    this.#seriesOf(host.name, host.beat).add(sample.time, sample.values);
  }

  /**
   * Begins anew with the stored samples, or with the live ones when the server could not be asked.
   * @param {number} range
   * @param {{now: number, step: number, hosts: Record<string, object>} | null} answer of `samples/`
   * @param {(name: string) => number} beatOf seconds
   */
  load(range, answer, beatOf) {
    this.range = range;
    this.#step = RANGES[range] === 0 ? 0 : (answer?.step ?? RANGES[range]);
    this.#series.clear();
    for (const [name, stored] of Object.entries(answer?.hosts ?? {})) this.#fill(name, stored);
    for (const [name, recent] of this.#recent) this.#refill(this.#seriesOf(name, beatOf(name)), recent, answer?.now);
  }

  /** Forgets the hosts that are not known any more. @param {(name: string) => boolean} isKnown */
  keep(isKnown) {
    const names = new Set([...this.#series.keys(), ...this.#recent.keys()]);
    for (const name of names) if (!isKnown(name)) this.delete(name);
  }

  /** Forgets a host. */
  delete(name) {
    this.#series.delete(name);
    this.#recent.delete(name);
  }

  #seriesOf(name, beat) {
    if (!this.#series.has(name)) this.#series.set(name, new Series(this.range, this.#step || beat));
    return this.#series.get(name);
  }

  #fill(name, { start, interval, last, metrics }) {
    const step = this.#step || interval;
    const series = this.#seriesOf(name, step);
    for (const measure of NAMES) {
      const { mean = [], peak = [] } = metrics[measure] ?? {};
      const inLast = 1 + Math.floor((last - start - (mean.length - 1) * step) / interval);
      series.addColumn(measure, start, step, mean, peak, inLast);
    }
  }

  // A pulse that came while the server answered may be in the answer: a step that has a value is left alone.
  #refill(series, recent, answeredAt = -Infinity) {
    for (const { time, values } of recent) {
      if (time > answeredAt || series.isEmptyAt(time)) series.add(time, values);
    }
  }
}
