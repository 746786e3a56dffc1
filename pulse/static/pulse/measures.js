// The measures, and how they are drawn and written. No DOM.

import FIGURES from "./figures.json" with { type: "json" };
import { count, load, percent, rate } from "./units.js";

/** Unit -> how it is written, and the top of a chart whose highest value is given. */
const UNITS = {
  percent: { words: percent, top: () => 100 },
  load: { words: load, top: (highest) => roundUp(Math.max(highest, 1), 10) },
  count: { words: count, top: (highest) => roundUp(Math.max(highest, 1), 10) },
  rate: { words: rate, top: (highest) => roundUp(Math.max(highest, 1024), 1024) },
};

function reader(path) {
  const keys = path.split(".");
  return (pulse) => keys.reduce((value, key) => value?.[key], pulse);
}

/** Name -> how it is read from a pulse and written. */
export const MEASURES = Object.fromEntries(
  FIGURES.map(({ name, path, unit }) => [name, { read: reader(path), ...UNITS[unit] }]),
);
export const NAMES = Object.keys(MEASURES);

/** Name of a chart -> the measures that are drawn in it. */
export const CHARTS = {};
for (const { name, chart = name } of FIGURES) (CHARTS[chart] ??= []).push(name);

const RAISED = 0.85; // of the threshold: a figure above this is marked

/**
 * How near a value is to its threshold.
 * @param {number} value
 * @param {number | undefined} threshold in the unit of `value`; undefined: there is none
 * @returns {"" | "raised" | "high"}
 */
export function level(value, threshold) {
  if (threshold === undefined || !(value >= RAISED * threshold)) return "";
  return value >= threshold ? "high" : "raised";
}

/** The next round number for the top of a chart: 1, 2, 5, 10 … 500 times a power of `base`. */
function roundUp(value, base) {
  const power = base ** Math.floor(Math.log(value) / Math.log(base));
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((factor) => factor * power >= value);
  return Math.min(step ?? base, base) * power;
}

/**
 * The value at the top of a chart.
 * @param {string} chart
 * @param {number} highest value that is drawn; NaN when there is none
 */
export function chartTop(chart, highest) {
  return MEASURES[CHARTS[chart][0]].top(highest || 0);
}
