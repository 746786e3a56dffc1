// The thresholds that an admin set: first those in the page, then those of `alerts` frames. No DOM.

const sound = (given) => Object.fromEntries(Object.entries(given).filter(([, value]) => Number.isFinite(value)));

export class Thresholds {
  /** By metric: percent, load per core. A metric without one is missing. @type {Record<string, number>} */
  current;

  /** @param {Record<string, number>} given */
  constructor(given) {
    this.current = sound(given);
  }

  /**
   * Takes them as they are now.
   * @param {unknown} given anything but an object changes nothing, as in the frames of an older server
   * @returns {boolean} whether any is another one than before
   */
  replace(given) {
    if (typeof given !== "object" || given === null) return false;
    const before = this.current;
    this.current = sound(given);
    return [before, this.current].some((all) => Object.keys(all).some((metric) => before[metric] !== this.current[metric]));
  }
}
