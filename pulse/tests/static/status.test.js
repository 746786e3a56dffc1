import assert from "node:assert/strict";
import { test } from "node:test";

import { Alerts, Thresholds } from "../../static/pulse/alerts.js";
import { Samples } from "../../static/pulse/samples.js";
import { countKinds, matches, statusOf, worstFirst } from "../../static/pulse/status.js";

const STATES = { down: "silent", lost: "unknown", told: "unknown" };
const alert = (host, metric, state) => ({ host, metric, state, since: "2027-01-15T08:00:00Z" });

function entries(...names) {
  const alerts = new Alerts();
  alerts.replace([alert("hot", "cpu", "firing"), alert("hot", "disk", "pending"), alert("warm", "disk", "pending"), alert("told", "silent", "firing")]);
  const scene = {
    ...{ alerts, thresholds: new Thresholds({ cpu: 90 }), samples: new Samples(300), time: null, now: 60_000 },
    state: ({ name }) => STATES[name] ?? "live",
  };
  const latest = { near: { cpu: 80 }, off: { clock: -90, conflict: true } };
  return names.map((name) => {
    const host = { name, latest: latest[name] ?? { cpu: 1 }, seenAt: 0 };
    return { host, status: statusOf(host, scene) };
  });
}

test("the worst status of a host is its kind, and all of them are said", () => {
  const told = entries("down", "told", "hot", "warm", "near", "lost", "off", "well").map(({ status }) => [status.kind, status.words]);
  assert.deepEqual(told, [
    ["silent", "silent-for"],
    ["silent", "silent-for"],
    ["firing", "firing-of · pending-of"],
    ["pending", "pending-of"],
    ["raised", "raised-of"],
    ["unknown", "not-known"],
    ["noted", "conflict · clock-behind"],
    ["fine", ""],
  ]);
});

test("the worst come first, and what comes and goes moves nothing", () => {
  const sorted = worstFirst(entries("a", "near", "warm", "off", "hot", "down"));
  assert.deepEqual(sorted.map(({ host }) => host.name), ["down", "hot", "warm", "a", "near", "off"]);
  assert.deepEqual(countKinds(sorted.map(({ status }) => status)), [["silent", 1], ["firing", 1], ["pending", 1], ["raised", 1], ["noted", 1], ["fine", 1]]);
});

test("a search finds names and states", () => {
  const found = (search) => entries("hot", "warm", "Well").filter((entry) => matches(entry, search)).map(({ host }) => host.name);
  assert.deepEqual([found(""), found("we"), found("firing"), found("H firing"), found("w pending")], [["hot", "warm", "Well"], ["Well"], ["hot"], ["hot"], ["warm"]]);
});
