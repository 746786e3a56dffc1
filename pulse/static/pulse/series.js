// The samples of one host within one range, in steps of equal length and bounded memory. No DOM. Times are Unix seconds.

import { NAMES } from "./measures.js";

const MOST_STEPS = 720; // a chart has at most this many pixels
const ROUNDING = 1e-6; // steps that a division may be off
const MOST_SAMPLES = 65_535; // that are counted in one step

const empty = (length) => new Float32Array(length).fill(NaN);

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
