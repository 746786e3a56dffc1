import assert from "node:assert/strict";
import { test } from "node:test";

import { chartTop, level } from "../../static/pulse/measures.js";

test("a chart reaches up to a round value", () => {
  const tops = (chart, ...peaks) => peaks.map((peak) => chartTop(chart, peak));
  assert.deepEqual(tops("cpu", 5, 100), [100, 100]);
  assert.deepEqual(tops("load", NaN, 0.2, 1, 1.2, 4, 7, 64, 1000), [1, 1, 1, 2, 5, 10, 100, 1000]);
  assert.deepEqual(tops("network", NaN, 3 * 1024, 700 * 1024), [1024, 5 * 1024, 1024 ** 2]);
});

test("a value is raised before it is high", () => {
  const levels = [76, 76.5, 89.9, 90, undefined].map((value) => level(value, 90));
  assert.deepEqual(levels, ["", "raised", "raised", "high", ""]);
  assert.equal(level(99, undefined), "");
});
