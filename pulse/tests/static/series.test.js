import assert from "node:assert/strict";
import { test } from "node:test";

import { Series } from "../../static/pulse/series.js";

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
