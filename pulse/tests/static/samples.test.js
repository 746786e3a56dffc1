import assert from "node:assert/strict";
import { test } from "node:test";

import { Samples, Series } from "../../static/pulse/samples.js";

const NOON = 1_800_000_000; // Unix seconds
const all = (range) => ({ range, host: "", chart: "" });

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
  samples.load(all(300), null, () => 5);
  assert.equal(known(samples)[1], 60);
  const cpu = { mean: Array(50).fill(90), peak: Array(50).fill(95) };
  const stored = { a: { start: NOON + 10_500, interval: 5, last: NOON + 10_745, metrics: { cpu } } };
  samples.load(all(300), { now: NOON + 10_750, step: 5, hosts: stored }, () => 5);
  const series = samples.of("a");
  const means = [10_745, 10_750].map((second) => series.mean("cpu", series.number(NOON + second)));
  assert.deepEqual([known(samples)[1], means], [60, [90, 10]]);
});

test("live pulses do not outweigh the stored ones of the same hour", () => {
  const samples = new Samples(604_800);
  const cpu = { mean: [40, 20], peak: [90, 30] };
  const stored = { a: { start: NOON - 3600, interval: 5, last: NOON + 40, metrics: { cpu } } };
  samples.load(all(604_800), { now: NOON + 41, step: 3600, hosts: stored }, () => 5);
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
test("a step has the mean and the peak of its samples, or those that were stored", () => {
  const series = new Series(3600, 30);
  for (const cpu of [10, 90, 20]) series.add(6000 + cpu / 10, { cpu });
  series.addColumn("cpu", 5940, 30, [null, 5, null], [null, 50, null]);
  const of = (number) => [series.mean("cpu", number), series.peak("cpu", number), series.mean("load", number)];
  assert.deepEqual([of(200), of(199)], [[40, 90, NaN], [5, 50, NaN]]);
});

test("old samples are pushed out and do not come back", () => {
  const series = new Series(50, 5);
  const newest = () => Array.from({ length: 30 }, (_, i) => series.mean("cpu", series.newest - i));
  const known = () => newest().filter(Number.isFinite);
  for (let n = 0; n < 20; n += 1) series.add(6000 + 5 * n, { cpu: n });
  series.add(6000, { cpu: 1 });
  assert.deepEqual(known(), [19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9]);
  series.add(16_000, { cpu: 1 });
  series.add(26_000, {});
  assert.deepEqual([known(), series.newest], [[1], 3200]);
});

test("what is loaded is known, and since when there is data", () => {
  const samples = new Samples(3600);
  assert.deepEqual([samples.isLoaded(all(3600)), samples.oldest("")], [false, undefined]);
  const cpu = { mean: [1], peak: [1] };
  const stored = (name, start) => ({ [name]: { start, interval: 5, last: start, metrics: { cpu } } });
  const hosts = { ...stored("a", NOON), ...stored("b", NOON - 60), c: { ...stored("c", 0).c, metrics: { cpu: { mean: [], peak: [] } } } };
  const loads = (about) => samples.load({ ...all(300), ...about }, { now: NOON, step: 5, hosts }, () => 5);
  loads({ chart: "cpu" });
  assert.deepEqual(["", "a", "c"].map((name) => samples.oldest(name)), [NOON - 60, NOON, undefined]);
  const loaded = () => [{}, { chart: "cpu" }, { host: "a" }].map((about) => samples.isLoaded({ ...all(300), ...about }));
  assert.deepEqual(loaded(), [false, true, false]);
  loads({ host: "a" });
  assert.deepEqual(loaded(), [false, false, true]);
  loads({});
  assert.deepEqual(loaded(), [true, true, true]);
});
