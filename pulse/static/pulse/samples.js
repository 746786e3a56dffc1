// The samples of all hosts within the range that is loaded: the stored ones, and those that came since, in steps of
// equal length and bounded memory. No DOM. Times are Unix seconds.

import { MEASURES, NAMES } from "./figures.js";

/** Range in seconds -> step in seconds while the server has not said another one; 0: the host's own beat. */
export const RANGES = { 300: 0, 3600: 30, 86400: 300, 604800: 3600, 7776000: 21600 };
const MOST_STEPS = 720; // a chart has at most this many pixels
const ROUNDING = 1e-6; // steps that a division may be off
const MOST_SAMPLES = 65_535; // that are counted in one step

const RECENT = 60; // pulses of a host that are kept, to be put in again when the range changes

const empty = (length) => new Float32Array(length).fill(NaN);
const readAll = (pulse) => Object.fromEntries(NAMES.map((name) => [name, MEASURES[name].read(pulse)]));

export class Samples {
  #series = new Map();
  #recent = new Map();
  #since = new Map(); // by host, when its first sample was
  #about = {};
  #step = 0;

  /** @param {number} range one of RANGES, seconds */
  constructor(range) {
    this.range = range;
    this.#step = RANGES[range];
  }

  /** Whether the stored samples of these are here. @param {{range: number, host: string, chart: string}} about */
  isLoaded({ range, host, chart }) {
    const has = this.#about;
    const hasHost = has.host === "" ? has.chart === "" || (host === "" && has.chart === chart) : has.host === host;
    return has.range === range && hasHost;
  }

  /** When the first sample of a host was, or of any with "", Unix seconds; undefined before there is one. */
  oldest(name) {
    return name === "" ? [...this.#since.values()].sort((a, b) => a - b)[0] : this.#since.get(name);
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
    if (!(this.#since.get(host.name) <= sample.time)) this.#since.set(host.name, sample.time);
    this.#seriesOf(host.name, host.beat).add(sample.time, sample.values);
  }

  /**
   * Begins anew with the stored samples, or with the live ones when the server could not be asked.
   * @param {{range: number, host: string, chart: string}} about what was requested; "": all
   * @param {{now: number, step: number, hosts: Record<string, object>} | null} answer of `samples/`
   * @param {(name: string) => number} beatOf seconds
   */
  load(about, answer, beatOf) {
    const { range } = about;
    this.#about = about;
    this.range = range;
    this.#step = RANGES[range] === 0 ? 0 : (answer?.step ?? RANGES[range]);
    this.#series.clear();
    this.#since.clear();
    for (const [name, stored] of Object.entries(answer?.hosts ?? {})) this.#fill(name, stored);
    for (const [name, recent] of this.#recent) this.#refill(name, this.#seriesOf(name, beatOf(name)), recent, answer?.now);
  }

  /** Forgets the hosts that are not known any more. @param {(name: string) => boolean} isKnown */
  keep(isKnown) {
    const names = new Set([...this.#series.keys(), ...this.#recent.keys()]);
    for (const name of names) if (!isKnown(name)) this.delete(name);
  }

  /** Forgets a host. */
  delete(name) {
    for (const all of [this.#series, this.#recent, this.#since]) all.delete(name);
  }

  #seriesOf(name, beat) {
    if (!this.#series.has(name)) this.#series.set(name, new Series(this.range, this.#step || beat));
    return this.#series.get(name);
  }

  #fill(name, { start, interval, last, metrics }) {
    const step = this.#step || interval;
    const series = this.#seriesOf(name, step);
    if (Object.values(metrics).some(({ mean }) => mean.length > 0)) this.#since.set(name, start);
    for (const measure of NAMES) {
      const { mean = [], peak = [] } = metrics[measure] ?? {};
      const inLast = 1 + Math.floor((last - start - (mean.length - 1) * step) / interval);
      series.addColumn(measure, start, step, mean, peak, inLast);
    }
  }

  // A pulse that came while the server answered may be in the answer: a step that has a value is left alone.
  #refill(name, series, recent, answeredAt = -Infinity) {
    if (!this.#since.has(name)) this.#since.set(name, recent[0].time);
    for (const { time, values } of recent) {
      if (time > answeredAt || series.isEmptyAt(time)) series.add(time, values);
    }
  }
}

/**
 * Of each measure and step the mean and the highest single value; NaN where nothing was measured.
 * Step number n covers the time from n * step to (n + 1) * step, so the same number is the same time in every
 * series with that step.
 */
export class Series {
  #means = new Map();
  #peaks = new Map();
  #weights = new Map(); // how many samples a mean stands for
  #newest = null; // number of the last step that is kept

  /**
   * @param {number} range seconds to keep
   * @param {number} step seconds; a finer one than MOST_STEPS allows is made coarser
   */
  constructor(range, step) {
    this.step = Math.max(step, range / MOST_STEPS);
    this.length = Math.ceil(range / this.step) + 1;
    for (const name of NAMES) {
      this.#means.set(name, empty(this.length));
      this.#peaks.set(name, empty(this.length));
      this.#weights.set(name, new Uint16Array(this.length));
    }
  }

  /** The number of the step that `time` is in. */
  number(time) {
    return Math.floor(time / this.step + ROUNDING);
  }

  /** The number of the last step in which something was measured; null before the first sample. */
  get newest() {
    return this.#newest;
  }

  /**
   * Takes the values that were measured at `time`, unless it is too old.
   * @param {number} time
   * @param {Record<string, number | null | undefined>} values by measure
   */
  add(time, values) {
    const measured = NAMES.filter((name) => Number.isFinite(values[name]));
    const place = measured.length > 0 ? this.#place(this.number(time)) : -1;
    if (place < 0) return;
    for (const name of measured) this.#put(name, place, values[name], values[name]);
  }

  /**
   * Takes a column of one measure; null where nothing was measured.
   * @param {string} name
   * @param {number} start the time of the first entry
   * @param {number} step seconds from one to the next
   * @param {(number | null)[]} means
   * @param {(number | null)[]} peaks
   * @param {number} [inLast] how many samples the last entry stands for: more may follow
   */
  addColumn(name, start, step, means, peaks, inLast = 1) {
    const last = means.findLastIndex(Number.isFinite);
    if (last < 0) return;
    this.#place(this.number(start + last * step)); // makes room once
    for (let i = 0; i <= last; i += 1) {
      const place = Number.isFinite(means[i]) ? this.#place(this.number(start + i * step)) : -1;
      if (place >= 0) this.#put(name, place, means[i], peaks[i] ?? means[i]);
    }
    this.#weights.get(name)[this.#place(this.number(start + last * step))] = Math.min(Math.max(1, inLast), MOST_SAMPLES);
  }

  /** Whether the step that `time` is in has no value. */
  isEmptyAt(time) {
    const number = this.number(time);
    return NAMES.every((name) => Number.isNaN(this.mean(name, number)));
  }

  mean(name, number) {
    return this.#at(this.#means, name, number);
  }

  peak(name, number) {
    return this.#at(this.#peaks, name, number);
  }

  #at(values, name, number) {
    const place = this.length - 1 - (this.#newest - number);
    return this.#newest !== null && place >= 0 && place < this.length ? values.get(name)[place] : NaN;
  }

  #put(name, place, mean, peak) {
    const weights = this.#weights.get(name);
    const means = this.#means.get(name);
    const peaks = this.#peaks.get(name);
    const weight = weights[place];
    means[place] = weight === 0 ? mean : means[place] + (mean - means[place]) / (weight + 1);
    peaks[place] = weight === 0 ? peak : Math.max(peaks[place], peak);
    weights[place] = Math.min(weight + 1, MOST_SAMPLES);
  }

  // Where in the arrays the step `number` is; later ones push the oldest out.
  #place(number) {
    if (this.#newest === null) this.#newest = number;
    if (number > this.#newest) this.#shift(number - this.#newest);
    return this.length - 1 - (this.#newest - number);
  }

  #shift(steps) {
    this.#newest += steps;
    const left = Math.max(0, this.length - steps);
    for (const name of NAMES) {
      this.#means.get(name).copyWithin(0, steps).fill(NaN, left);
      this.#peaks.get(name).copyWithin(0, steps).fill(NaN, left);
      this.#weights.get(name).copyWithin(0, steps).fill(0, left);
    }
  }
}
