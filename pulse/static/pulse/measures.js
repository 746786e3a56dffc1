// The measures, and how they are drawn and written. No DOM.

import { load, percent, rate } from "./units.js";

/** Name -> how it is read from a pulse and written. */
export const MEASURES = {
  cpu: { read: (pulse) => pulse.cpu, words: percent },
  memory: { read: (pulse) => pulse.memory?.percent, words: percent },
  swap: { read: (pulse) => pulse.swap?.percent, words: percent },
  load: { read: (pulse) => pulse.load?.[0], words: load },
  disk: { read: (pulse) => pulse.disk?.percent, words: percent },
  received: { read: (pulse) => pulse.network?.received, words: rate },
  sent: { read: (pulse) => pulse.network?.sent, words: rate },
};
export const NAMES = Object.keys(MEASURES);

/** Name of a chart -> the measures that are drawn in it. */
export const CHARTS = {
  cpu: ["cpu"],
  memory: ["memory"],
  swap: ["swap"],
  load: ["load"],
  disk: ["disk"],
  network: ["received", "sent"],
};

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
  if (chart === "load") return roundUp(Math.max(highest || 0, 1), 10);
  if (chart === "network") return roundUp(Math.max(highest || 0, 1024), 1024);
  return 100;
}
