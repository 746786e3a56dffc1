// The status of a host, as a word for styles and in words.

import { chartLevel, values } from "./figures.js";
import { silence } from "./hosts.js";
import { CHARTS } from "./measures.js";
import { duration } from "./units.js";
import { say } from "./ui_text.js";

const NONE = { kind: "", words: "" };

/**
 * @param {import("./hosts.js").Host} host
 * @param {import("./scene.js").Scene} scene
 * @returns {{kind: "" | "gone" | "stale" | "firing" | "pending" | "high", words: string}} the most serious status
 */
export function statusOf(host, scene) {
  const state = scene.state(host);
  if (state !== "live") return { kind: state, words: say("silent-for", { time: silenceWords(host, scene.now) }) };
  for (const kind of ["firing", "pending"]) {
    const metrics = scene.alerts.of(host.name, kind).map(({ metric }) => say(metric));
    if (metrics.length > 0) return { kind, words: say(`${kind}-of`, { metrics: metrics.join(", ") }) };
  }
  const valueOf = values(host, scene);
  const high = Object.keys(CHARTS).filter((chart) => chartLevel(chart, host, valueOf, scene.thresholds) === "high");
  return high.length > 0 ? { kind: "high", words: say("high-of", { metrics: high.map((chart) => say(chart)).join(", ") }) } : NONE;
}

// Up to two minutes, since "103 s" is easier to compare than "1 min 43 s".
function silenceWords(host, now) {
  const seconds = silence(host, now);
  return seconds < 120 ? `${seconds} s` : duration(seconds);
}
