// The scales of a chart: where times and values are, its ticks, and its lines as SVG path data in a box of 300 by 100.
// No DOM.

export const WIDTH = 300;
export const HEIGHT = 100;
const MARGIN = 2; // of the box, above and below, so that a line at the edge is not cut in half
const SLICES = 120; // charts move on by one of so many parts of their range at a time
const SHORTEST = 300; // seconds of a chart that begins with its data

/** Beats (intervals between pulses) without a sample that a line still bridges. */
export const BRIDGED = 2.5;

const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400]; // seconds
const STEPS = [1, 5, 10, 15, 30, ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), ...[1, 2, 3, 6, 12].map((n) => n * HOUR)];
const LONG_STEPS = [1, 2, 4, 7, 14, 30].map((n) => n * DAY);

/** The part of time that a chart shows, Unix seconds. @typedef {{from: number, to: number}} Span */

/**
 * The span of all charts now. It moves on in small jumps, so that a chart is drawn anew for a new sample and not for
 * each second that passes.
 * @param {number} now Unix ms, by the server's clock
 * @param {number} range seconds
 * @param {number} [oldest] Unix seconds: where the data begins, if the chart is to begin there
 * @returns {Span}
 */
export function spanAt(now, range, oldest = -Infinity) {
  const jump = range / SLICES;
  const to = Math.ceil(now / 1000 / jump) * jump;
  return { from: Math.max(to - range, Math.min(oldest, to - SHORTEST)), to };
}

/** Where a time is from left to right. @param {Span} span */
export function across({ from, to }, time) {
  return (WIDTH * (Math.min(Math.max(time, from), to) - from)) / (to - from);
}

/** Where a value is from top to bottom. @param {number} top the value at the top */
export function down(value, top) {
  return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * Math.min(Math.max(value / top, 0), 1);
}

/** The next round number for the top of a chart: 1, 2, 5, 10 … 500 times a power of `base`. */
export function roundUp(value, base) {
  const power = base ** Math.floor(Math.log(value) / Math.log(base));
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((factor) => factor * power >= value);
  return Math.min(step ?? base, base) * power;
}

/**
 * Round times within a span, as the reader's clock has them.
 * @param {Span} span
 * @param {number} [most] how many
 * @returns {{step: number, times: number[]}} seconds; `step` is from one to the next
 */
export function timeTicks({ from, to }, most = 5) {
  const step = [...STEPS, ...LONG_STEPS].find((each) => (to - from) / each <= most) ?? LONG_STEPS.at(-1);
  const behind = (time) => 60 * new Date(time * 1000).getTimezoneOffset(); // another one after a change of clocks
  const first = Math.ceil((from - behind(from)) / step);
  const times = Array.from({ length: most + 1 }, (_, i) => {
    const local = (first + i) * step;
    return local + behind(local + behind(from));
  });
  return { step, times: times.filter((time) => time >= from && time <= to) };
}

/** The time in the middle of a step of a series. */
const middle = (series, number) => (number + 0.5) * series.step;

/** Numbers of the first and last step of `series` within `span`. */
function steps(series, { from, to }) {
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
 * @param {import("./samples.js").Series} series
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
