import assert from "node:assert/strict";
import { test } from "node:test";

import { across, highest, linePaths } from "../../static/pulse/geometry.js";
import { Series } from "../../static/pulse/series.js";

const SPAN = { from: 6000, to: 6100 };

function drawn(values, step = 5) {
  const series = new Series(100, step);
  values.forEach((value, i) => series.add(SPAN.from + i * step, { cpu: value }));
  return linePaths(series, "cpu", SPAN, 100, 5);
}

test("a line goes from left to right in a box of 300 by 100, with a closed area below it", () => {
  assert.deepEqual(drawn([0, 50, 100]), {
    line: "M7.5 98.0L22.5 50.0L37.5 2.0h.01",
    area: "M7.5 98.0L22.5 50.0L37.5 2.0V100H7.5Z",
    peak: "",
  });
  assert.deepEqual([drawn([]).line, drawn([50]).line], ["", "M7.5 50.0h.01"]);
});

test("two missing beats are bridged, and more are a gap", () => {
  const runs = (...drawing) => drawn(...drawing).line.split("M").length - 1;
  assert.deepEqual([runs([1, , , 1]), runs([1, , , , 1]), runs([1, , 1], 20)], [1, 2, 2]);
});

test("only what is in the span is drawn", () => {
  const series = new Series(1000, 5);
  for (const seconds of [-50, 0, 95, 300]) series.add(SPAN.from + seconds, { cpu: seconds + 100 });
  assert.deepEqual([highest(series, ["cpu"], SPAN), across(SPAN, 5991), across(SPAN, 7000)], [195, 0, 300]);
});
