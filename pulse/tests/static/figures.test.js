import assert from "node:assert/strict";
import { test } from "node:test";

import { Alerts, Thresholds } from "../../static/pulse/alerts.js";
import { axisOf, chartWords, levelOf } from "../../static/pulse/figures.js";

const host = { name: "a", latest: { cores: [1, 1] } };

test("a chart reaches up to a round value, with words for its axis", () => {
  const tops = (chart, ...peaks) => peaks.map((peak) => axisOf(chart, peak).top);
  assert.deepEqual(tops("cpu", 5, 100), [100, 100]);
  assert.deepEqual(tops("load", NaN, 0.2, 1, 1.2, 4, 7, 64, 1000), [1, 1, 1, 2, 5, 10, 100, 1000]);
  assert.deepEqual(tops("network", NaN, 3 * 1024, 700 * 1024), [1024, 5 * 1024, 1024 ** 2]);
  const ticks = [["cpu", 50], ["load", 2.5], ["network", 2.5 * 1024]].map(([chart, value]) => axisOf(chart, 1).tick(value));
  assert.deepEqual(ticks, ["50 %", "2.5", "2.5 KiB/s"]);
});

test("a value is raised near its threshold, and pending or firing only if the server says so", () => {
  const scene = { time: null, alerts: new Alerts(), thresholds: new Thresholds({ cpu: 90, load: 2 }) };
  const levels = (chart, ...values) => values.map((value) => levelOf(chart, host, scene, () => value));
  assert.deepEqual(levels("cpu", 76, 76.5, 99, undefined), ["", "raised", "raised", ""]);
  assert.deepEqual(levels("load", 3.3, 3.4), ["", "raised"]); // of two cores
  assert.deepEqual(levels("disk", 99), [""]);
  scene.alerts.replace([{ host: "a", metric: "cpu", state: "firing", since: "2027-01-15" }]);
  assert.deepEqual(levels("cpu", 10), ["firing"]);
  scene.time = 1; // of the past the state is not known
  assert.deepEqual(levels("cpu", 10), [""]);
});

test("a chart of two measures has both in words", () => {
  assert.deepEqual([chartWords("cpu", () => 5), chartWords("network", () => 2048)], ["5.0 %", "2.0 KiB/s short-received, 2.0 KiB/s short-sent"]);
});
