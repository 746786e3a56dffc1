// The status of a host, as a word for styles and in words, and those of all hosts together. No DOM.

import { say } from "./dom.js";
import { CHARTS, levelOf } from "./figures.js";
import { silence } from "./hosts.js";
import { duration } from "./units.js";

/** The worst first. */
export const KINDS = ["silent", "firing", "pending", "raised", "unknown", "noted", "fine"];

// What is a figure over 85 % of its threshold now comes and goes, so it moves no host.
const RANKS = { silent: 0, firing: 1, pending: 2 };

/** What the server says of a live host beside its figures. */
function notes({ clock, conflict } = {}) {
  const off = Number.isFinite(clock) ? [say(clock > 0 ? "clock-ahead" : "clock-behind", { time: duration(Math.abs(clock)) })] : [];
  return conflict ? [say("conflict"), ...off] : off;
}

/**
 * @param {import("./hosts.js").Host} host
 * @param {import("./screen.js").Scene} scene
 * @returns {{kind: string, words: string}} the most serious of KINDS, and everything in words
 */
export function statusOf(host, scene) {
  const state = scene.state(host);
  const isReported = state === "unknown" && scene.alerts.open(host.name, "silent")?.state === "firing";
  if (state === "silent" || isReported) return { kind: "silent", words: say("silent-for", { time: silenceWords(host, scene.now) }) };
  const words = state === "unknown" ? { unknown: say("not-known") } : {};
  for (const kind of ["firing", "pending"]) {
    const metrics = scene.alerts.of(host.name, kind).map(({ metric }) => say(metric));
    if (metrics.length > 0) words[kind] = say(`${kind}-of`, { metrics: metrics.join(", ") });
  }
  const raised = Object.keys(CHARTS).filter((chart) => levelOf(chart, host, scene) === "raised");
  if (raised.length > 0) words.raised = say("raised-of", { metrics: raised.map((chart) => say(chart)).join(", ") });
  const noted = state === "live" ? notes(host.latest ?? undefined) : [];
  if (noted.length > 0) words.noted = noted.join(" · ");
  const kinds = KINDS.filter((kind) => kind in words);
  return { kind: kinds[0] ?? "fine", words: kinds.map((kind) => words[kind]).join(" · ") };
}

/** How many hosts have each kind of status, without those that none has. @returns {[string, number][]} worst first */
export function countKinds(statuses) {
  const counts = Map.groupBy(statuses, ({ kind }) => kind);
  return KINDS.filter((kind) => counts.has(kind)).map((kind) => [kind, counts.get(kind).length]);
}

/** Hosts with their statuses: the worst first, and otherwise as they come. */
export function worstFirst(entries) {
  const rank = ({ status }) => RANKS[status.kind] ?? 3;
  return entries.toSorted((a, b) => rank(a) - rank(b));
}

/** Whether a host is among those that are looked for: each word is in its name or in its status. */
export function matches({ host, status }, search) {
  const text = `${host.name} ${say(`${status.kind}-kind`)} ${status.words}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

// Up to two minutes, since "103 s" is easier to compare than "1 min 43 s".
function silenceWords(host, now) {
  const seconds = silence(host, now);
  return seconds < 120 ? `${seconds} s` : duration(seconds);
}
