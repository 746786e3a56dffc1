import assert from "node:assert/strict";
import { test } from "node:test";

import { readView, viewHash } from "../../static/pulse/view.js";

test("an address is a view, and what it does not say, or says wrong, is as usual", () => {
  for (const [hash, range, chart, host] of [
    ["", 3600, "cpu", ""],
    ["#range=300&chart=load&host=web-1", 300, "load", "web-1"],
    ["#range=604800", 604_800, "cpu", ""],
    ["#range=301&chart=constructor&more=1", 3600, "cpu", ""],
    ["#host=a%26b%3Dc", 3600, "cpu", "a&b=c"],
  ]) {
    assert.deepEqual(readView(hash), { range, chart, host });
    assert.deepEqual(readView(viewHash(readView(hash))), { range, chart, host });
  }
});
