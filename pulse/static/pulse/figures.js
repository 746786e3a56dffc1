// The figures of a host in words: of now, or of the time that the crosshair is at.

import { level, MEASURES } from "./measures.js";
import { bytes, duration, load, percent } from "./units.js";
import { say } from "./ui_text.js";

/**
 * @param {import("./hosts.js").Host} host
 * @param {import("./scene.js").Scene} scene
 * @returns {(measure: string) => number | undefined} the value of a measure at the crosshair's time, or else now;
 *   a silent host has none now, since its last value is outdated
 */
export function values(host, scene) {
  const series = scene.samples.of(host.name);
  if (scene.time !== null) return (measure) => series?.mean(measure, series.number(scene.time));
  const isLive = host.latest !== null && scene.state(host) === "live";
  return (measure) => (isLive ? MEASURES[measure].read(host.latest) : undefined);
}

/** The value of a chart in words. @param {(measure: string) => number | undefined} valueOf */
export function chartWords(chart, valueOf) {
  if (chart !== "network") return MEASURES[chart].words(valueOf(chart));
  const [received, sent] = ["received", "sent"].map((measure) => MEASURES[measure].words(valueOf(measure)));
  return say("received-sent", { received, sent });
}

/** The value of a measure in words; of the load also for each core, as its threshold is meant. */
export function figureWords(measure, host, valueOf) {
  const value = valueOf(measure);
  const words = MEASURES[measure].words(value);
  const cores = host.latest?.cores?.length;
  if (measure !== "load" || !cores || !Number.isFinite(value)) return words;
  return say("load-and-per-core", { load: words, each: load(value / cores) });
}

/** The threshold of a chart for this host, if there is one: that of the load is meant for each core. */
export function thresholdOf(chart, host, thresholds) {
  if (!Object.hasOwn(thresholds, chart)) return undefined;
  const cores = host.latest?.cores?.length;
  if (chart === "load") return cores && !host.latest.limited ? cores * thresholds.load : undefined;
  return thresholds[chart];
}

/** How near a chart's value is to the threshold, see `level`. */
export function chartLevel(chart, host, valueOf, thresholds) {
  return chart === "network" ? "" : level(valueOf(chart), thresholdOf(chart, host, thresholds));
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
  const count = say("cores", { count: cores?.length ?? percent(NaN) });
  return [count, ...lost.map((name) => say(name, { share: percent(shares[name]) }))].join(" · ");
}

function loadAverages({ load: averages, cores }) {
  const [, five, fifteen] = averages.map(load);
  return { each: load(averages[0] / cores?.length), five, fifteen };
}

/** For how long a host has run, in words. */
export function uptimeWords(pulse) {
  return duration(pulse?.uptime);
}
