import assert from "node:assert/strict";
import { test } from "node:test";

import { fittingRange, rangeOf, readView, viewHash } from "../../static/pulse/view.js";

test("an address is a view, and what it does not say, or says wrong, is as usual", () => {
  const usual = { range: 0, chart: "cpu", host: "", q: "", from: 0, to: 0 };
  for (const [hash, said] of [
    ["", {}],
    ["#range=300&chart=load&host=web-1", { range: 300, chart: "load", host: "web-1" }],
    ["#range=604800&q=db+firing", { range: 604_800, q: "db firing" }],
    ["#range=301&chart=constructor&more=1", {}],
    ["#host=a%26b%3Dc&from=100&to=200", { host: "a&b=c", from: 100, to: 200 }],
    ["#from=200&to=100", {}],
    ["#from=1&to=Infinity", {}],
  ]) {
    assert.deepEqual(readView(hash), { ...usual, ...said });
    assert.deepEqual(readView(viewHash(readView(hash))), readView(hash));
  }
});

test("where no range was chosen it is the one in which there is data", () => {
  const ranges = [[200, 0], [1000, 0], [1e9, 0], [1e9, 3000], [1e9, 4000], [Infinity, 90_000], [Infinity, 1e9]];
  assert.deepEqual(ranges.map((given) => fittingRange(...given)), [300, 3600, 3600, 3600, 86_400, 604_800, 3600]);
});

test("what a zoom needs is the finest range that holds it", () => {
  const ranges = [0, 9800, 9000, 1].map((from) => rangeOf({ from }, 7_776_000, 10_000));
  assert.deepEqual(ranges, [7_776_000, 300, 3600, 86_400]);
});
