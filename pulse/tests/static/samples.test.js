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
  const short = [300, 3600, 86_400].map((range) => known(fed(range)));
  assert.deepEqual(short, [[61, 61], [121, 121], [289, 36]]);
  const long = [604_800, 7_776_000].map((range) => known(fed(range)));
  assert.deepEqual(long, [[169, 3], [361, 1]]); // from eight to eleven o'clock
  assert.deepEqual(known(fed(300, 0.25)), [721, 721]);
});

test("after a change of range, the last live pulses are put in again where nothing was stored", () => {
  const samples = fed(86_400);
  samples.load(300, null, () => 5);
  assert.equal(known(samples)[1], 60);
  const cpu = { mean: Array(50).fill(90), peak: Array(50).fill(95) };
  const stored = { a: { start: NOON + 10_500, interval: 5, last: NOON + 10_745, metrics: { cpu } } };
  samples.load(300, { now: NOON + 10_750, step: 5, hosts: stored }, () => 5);
  const series = samples.of("a");
  const means = [10_745, 10_750].map((second) => series.mean("cpu", series.number(NOON + second)));
  assert.deepEqual([known(samples)[1], means], [60, [90, 10]]);
});

test("live pulses do not outweigh the stored ones of the same hour", () => {
  const samples = new Samples(604_800);
  const cpu = { mean: [40, 20], peak: [90, 30] };
  const stored = { a: { start: NOON - 3600, interval: 5, last: NOON + 40, metrics: { cpu } } };
  samples.load(604_800, { now: NOON + 41, step: 3600, hosts: stored }, () => 5);
  samples.add({ name: "a", latest: { cpu: 120 }, at: 1000 * (NOON + 45), beat: 5 });
  const series = samples.of("a");
  const [hour, before] = [NOON, NOON - 3600].map((time) => series.mean("cpu", series.number(time)));
  assert.deepEqual([hour, before, series.peak("cpu", series.newest)], [30, 40, 120]);
});

test("a clock that is set back begins the series anew", () => {
  const samples = fed(300);
  samples.add({ name: "a", latest: { cpu: 1 }, at: 1000 * NOON, beat: 5 });
  assert.equal(known(samples)[1], 1);
  samples.keep((name) => name !== "a");
  assert.equal(samples.of("a"), undefined);
});
