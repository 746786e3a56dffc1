import assert from "node:assert/strict";
import { test } from "node:test";

import { Series } from "../../static/pulse/samples.js";
import { across, highest, linePaths, spanAt, timeTicks } from "../../static/pulse/scale.js";

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

test("a chart moves on in small jumps, and may begin with its data, but not be shorter than five minutes", () => {
  const now = 1_800_000_000;
  const spans = [now, now + 1, now + 31].map((time) => spanAt(time * 1000, 3600));
  assert.deepEqual(spans.map(({ from, to }) => [from - now, to - now]), [[-3600, 0], [-3570, 30], [-3540, 60]]);
  const starts = [now - 9000, now - 900, now - 9, Infinity].map((oldest) => now - spanAt(now * 1000, 3600, oldest).from);
  assert.deepEqual(starts, [3600, 900, 300, 300]);
});

test("the ticks of time are round, as the reader's clock has them", () => {
  const midnight = new Date(2027, 0, 15).getTime() / 1000;
  const shown = (length, most) => {
    const { step, times } = timeTicks({ from: midnight + 1, to: midnight + 1 + length }, most);
    return [step, ...times.map((time) => time - midnight)];
  };
  assert.deepEqual(shown(300), [60, 60, 120, 180, 240, 300]);
  assert.deepEqual(shown(3600), [900, 900, 1800, 2700, 3600]);
  assert.deepEqual(shown(86_400), [21_600, 21_600, 43_200, 64_800, 86_400]);
  assert.deepEqual(shown(90 * 86_400, 3)[0], 30 * 86_400);
});

test("a change of the clocks moves no day", () => {
  const before = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
  const from = new Date(2027, 2, 26).getTime() / 1000; // two days before it
  const hours = timeTicks({ from, to: from + 5 * 86_400 }).times.map((time) => new Date(time * 1000).getHours());
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
  assert.deepEqual(new Set(hours), new Set([0]));
});
