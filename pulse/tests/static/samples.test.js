import assert from "node:assert/strict";
import { test } from "node:test";

import { Samples } from "../../static/pulse/samples.js";

const NOON = 1_800_000_000; // Unix seconds

// Three hours of pulses of one host.
function fed(range, beat = 5) {
  const samples = new Samples(range);
  for (let second = 0; second < 10_800; second += beat) {
    samples.add({ name: "a", latest: { cpu: 10 }, at: 1000 * (NOON + second), beat });
  }
  return samples;
}

function known(samples) {
  const series = samples.of("a");
  const numbers = Array.from({ length: 2000 }, (_, i) => series.newest - i);
  return [series.length, numbers.filter((number) => !Number.isNaN(series.mean("cpu", number))).length];
}

test("a range keeps what it shows and no more, and a fast beat coarser", () => {
  assert.deepEqual([300, 3600, 86_400].map((range) => known(fed(range))), [[61, 61], [121, 121], [289, 36]]);
  assert.deepEqual(known(fed(300, 0.25)), [721, 721]);
});

test("after a change of range, the last live pulses are put in again where nothing was stored", () => {
  const samples = fed(86_400);
  samples.load(300, null, () => 5);
  assert.equal(known(samples)[1], 60);
  const cpu = { mean: Array(50).fill(90), peak: Array(50).fill(95) };
  const stored = { a: { start: NOON + 10_500, interval: 5, metrics: { cpu } } };
  samples.load(300, { now: NOON + 10_750, step: 5, hosts: stored }, () => 5);
  const series = samples.of("a");
  const means = [10_745, 10_750].map((second) => series.mean("cpu", series.number(NOON + second)));
  assert.deepEqual([known(samples)[1], means], [60, [90, 10]]);
});

test("a clock that is set back begins the series anew", () => {
  const samples = fed(300);
  samples.add({ name: "a", latest: { cpu: 1 }, at: 1000 * NOON, beat: 5 });
  assert.equal(known(samples)[1], 1);
  samples.keep((name) => name !== "a");
  assert.equal(samples.of("a"), undefined);
});
