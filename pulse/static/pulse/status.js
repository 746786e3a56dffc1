// The status of a host, as a word for styles and in words.

import { chartLevel, values } from "./figures.js";
import { silence } from "./hosts.js";
import { CHARTS } from "./measures.js";
import { duration } from "./units.js";
import { say } from "./ui_text.js";

/** What the server says of a live host beside its figures. */
function notes({ clock, conflict } = {}) {
  const off = Number.isFinite(clock) ? [say(clock > 0 ? "clock-ahead" : "clock-behind", { time: duration(Math.abs(clock)) })] : [];
  return conflict ? [say("conflict"), ...off] : off;
}

/**
 * @param {import("./hosts.js").Host} host
 * @param {import("./scene.js").Scene} scene
 * @returns {{kind: "" | "gone" | "stale" | "firing" | "pending" | "high", words: string}} the most serious status
 */
export function statusOf(host, scene) {
  const state = scene.state(host);
  if (state !== "live") return { kind: state, words: say("silent-for", { time: silenceWords(host, scene.now) }) };
  const { kind, words } = worstFigure(host, scene);
  const noted = notes(host.latest ?? undefined);
  return { kind: kind || (noted.length > 0 ? "high" : ""), words: [words, ...noted].filter(Boolean).join(" · ") };
}

function worstFigure(host, scene) {
  for (const kind of ["firing", "pending"]) {
    const metrics = scene.alerts.of(host.name, kind).map(({ metric }) => say(metric));
    if (metrics.length > 0) return { kind, words: say(`${kind}-of`, { metrics: metrics.join(", ") }) };
  }
  const valueOf = values(host, scene);
  const high = Object.keys(CHARTS).filter((chart) => chartLevel(chart, host, valueOf, scene.thresholds) === "high");
  if (high.length === 0) return { kind: "", words: "" };
  return { kind: "high", words: say("high-of", { metrics: high.map((chart) => say(chart)).join(", ") }) };
}

// Up to two minutes, since "103 s" is easier to compare than "1 min 43 s".
function silenceWords(host, now) {
  const seconds = silence(host, now);
  return seconds < 120 ? `${seconds} s` : duration(seconds);
}
