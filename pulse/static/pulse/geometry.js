// The lines of a chart, as SVG path data in a box of 300 by 100. No DOM.

export const WIDTH = 300;
export const HEIGHT = 100;
const MARGIN = 2; // of the box, above and below, so that a line at the edge is not cut in half

/** Beats (intervals between pulses) without a sample that a line still bridges. */
export const BRIDGED = 2.5;

/** The part of time that a chart shows, Unix seconds. @typedef {{from: number, to: number}} Span */

/** Where a time is from left to right. @param {Span} span */
export function across({ from, to }, time) {
  return (WIDTH * (Math.min(Math.max(time, from), to) - from)) / (to - from);
}

/** Where a value is from top to bottom. @param {number} top the value at the top */
export function down(value, top) {
  return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * Math.min(Math.max(value / top, 0), 1);
}

/** The time in the middle of a step of a series. */
const middle = (series, number) => (number + 0.5) * series.step;

/** Numbers of the first and last step of `series` within `span`. */
export function steps(series, { from, to }) {
  const oldest = series.newest - series.length + 1;
  return [Math.max(series.number(from), oldest), Math.min(series.number(to), series.newest ?? -Infinity)];
}

/** The highest peak of some measures within `span`; NaN when there is none. */
export function highest(series, names, span) {
  const [first, last] = steps(series, span);
  let most = NaN;
  for (const name of names) {
    for (let number = first; number <= last; number += 1) {
      const value = series.peak(name, number);
      if (!(value <= most)) most = Number.isNaN(value) ? most : value;
    }
  }
  return most;
}

/** The points of one measure in unbroken runs: more than a few beats without a sample are a gap. */
function runs(series, name, kind, span, beat) {
  const [first, last] = steps(series, span);
  const bridge = Math.floor((BRIDGED * beat) / series.step);
  const found = [];
  let missing = Infinity;
  for (let number = first; number <= last; number += 1) {
    const value = series[kind](name, number);
    if (Number.isNaN(value)) {
      missing += 1;
      continue;
    }
    if (missing > bridge) found.push([]);
    found.at(-1).push([across(span, middle(series, number)), value]);
    missing = 0;
  }
  return found;
}

const path = (run, top) => `M${run.map(([x, value]) => `${x.toFixed(1)} ${down(value, top).toFixed(1)}`).join("L")}`;

/**
 * @param {import("./series.js").Series} series
 * @param {string} name of the measure
 * @param {Span} span
 * @param {number} top the value at the top of the box
 * @param {number} beat seconds between two samples of the host
 * @returns {{line: string, area: string, peak: string}} path data; `peak` is empty where a step is one sample
 */
export function linePaths(series, name, span, top, beat) {
  const means = runs(series, name, "mean", span, beat);
  const peaks = series.step > beat ? runs(series, name, "peak", span, beat) : [];
  return {
    line: means.map((run) => `${path(run, top)}h.01`).join(""), // .01: a run of one point is a dot
    area: means.map((run) => `${path(run, top)}V${HEIGHT}H${run[0][0].toFixed(1)}Z`).join(""),
    peak: peaks.map((run) => `${path(run, top)}h.01`).join(""),
  };
}
