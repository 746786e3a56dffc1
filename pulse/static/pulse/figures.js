// The figures of a host: how they are read from a pulse, drawn and written. No DOM.

import FIGURES from "./figures.json" with { type: "json" };
import { say } from "./dom.js";
import { roundUp } from "./scale.js";
import { bytes, count, duration, load, percent, rate, roundNumber, roundPercent, roundRate } from "./units.js";

/** Unit -> how it is written, also on an axis, and the top of a chart whose highest value is given. */
const UNITS = {
  percent: { words: percent, tick: roundPercent, top: () => 100 },
  load: { words: load, tick: roundNumber, top: (highest) => roundUp(Math.max(highest, 1), 10) },
  count: { words: count, tick: roundNumber, top: (highest) => roundUp(Math.max(highest, 1), 10) },
  rate: { words: rate, tick: roundRate, top: (highest) => roundUp(Math.max(highest, 1024), 1024) },
};

function reader(path) {
  const keys = path.split(".");
  return (pulse) => keys.reduce((value, key) => value?.[key], pulse);
}

/** Name of a measure -> how it is read from a pulse and written. */
export const MEASURES = Object.fromEntries(
  FIGURES.map(({ name, path, unit }) => [name, { read: reader(path), ...UNITS[unit] }]),
);
export const NAMES = Object.keys(MEASURES);

/** Name of a chart -> the measures that are drawn in it. */
export const CHARTS = {};
for (const { name, chart = name } of FIGURES) (CHARTS[chart] ??= []).push(name);

const RAISED = 0.85; // of the threshold: a figure above this is marked

/**
 * The value at the top of a chart, and how a value is written beside its axis.
 * @param {string} chart
 * @param {number} highest value that is drawn; NaN when there is none
 */
export function axisOf(chart, highest) {
  const { top, tick } = MEASURES[CHARTS[chart][0]];
  return { top: top(highest || 0), tick };
}

/**
 * @param {import("./hosts.js").Host} host
 * @param {import("./screen.js").Scene} scene
 * @returns {(measure: string) => number | undefined} the value of a measure at the cursor's time, or else now;
 *   a host that is not live has none now, since its last value is outdated
 */
export function values(host, scene) {
  const series = scene.samples.of(host.name);
  if (scene.time !== null) return (measure) => series?.mean(measure, series.number(scene.time));
  const isLive = host.latest !== null && scene.state(host) === "live";
  return (measure) => (isLive ? MEASURES[measure].read(host.latest) : undefined);
}

/** The value of a chart in words: of two measures both, each with its direction. */
export function chartWords(chart, valueOf) {
  const words = CHARTS[chart].map((measure) => MEASURES[measure].words(valueOf(measure)));
  return words.length === 1 ? words[0] : CHARTS[chart].map((measure, i) => `${words[i]} ${say(`short-${measure}`)}`).join(", ");
}

/** The value of a measure in words; of the load also for each core, as its threshold is meant. */
export function figureWords(measure, host, valueOf) {
  const value = valueOf(measure);
  const words = MEASURES[measure].words(value);
  const cores = host.latest?.cores?.length;
  if (measure !== "load" || !cores || !Number.isFinite(value)) return words;
  return say("load-and-per-core", { load: words, each: load(value / cores) });
}

/**
 * The threshold of a chart for this host, if there is one: that of the load is meant for each core.
 * @param {string} chart
 * @param {import("./hosts.js").Host} host
 * @param {import("./alerts.js").Thresholds} thresholds
 */
export function thresholdOf(chart, host, thresholds) {
  const threshold = thresholds.of(host.name)[chart];
  if (chart !== "load") return threshold;
  const cores = host.latest?.cores?.length;
  return cores && !host.latest.limited ? cores * threshold : undefined;
}

/**
 * The level of a chart's value: the state of its alert, or near to the threshold, or at the cursor's time above it.
 * @returns {"" | "raised" | "pending" | "firing"}
 */
export function levelOf(chart, host, scene, valueOf = values(host, scene)) {
  const { state } = (scene.time === null && scene.alerts.open(host.name, chart)) || {};
  if (state !== undefined) return state;
  const threshold = thresholdOf(chart, host, scene.thresholds);
  return threshold !== undefined && valueOf(chart) >= RAISED * threshold ? "raised" : "";
}

/** Details that stand beside a chart's value now. */
export function detailWords(chart, pulse) {
  if (chart === "cpu") return cpuWords(pulse);
  if (chart === "load") return pulse.load ? say("load-averages", loadAverages(pulse)) : "";
  const store = pulse[chart];
  if (store?.total === 0) return say("none-there");
  if (!store?.total) return "";
  // Of a disk, what users could have, as its percentage says: some is reserved for root.
  const total = Number.isFinite(store.available) ? store.used + store.available : store.total;
  return say("used-of", { used: bytes(store.used), total: bytes(total) });
}

// How many cores, and what of their time was lost to other machines or spent waiting for disks, if it shows.
function cpuWords({ cores, ...shares }) {
  const lost = ["steal", "iowait"].filter((name) => shares[name] >= 1);
  const number = say("cores", { count: cores?.length ?? percent(NaN) });
  return [number, ...lost.map((name) => say(name, { share: percent(shares[name]) }))].join(" · ");
}

function loadAverages({ load: averages, cores }) {
  const [, five, fifteen] = averages.map(load);
  return { each: load(averages[0] / cores?.length), five, fifteen };
}

/** For how long a host has run, in words. */
export const uptimeWords = (pulse) => duration(pulse?.uptime);
