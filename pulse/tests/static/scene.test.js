import assert from "node:assert/strict";
import { test } from "node:test";

import { spanAt } from "../../static/pulse/scene.js";

test("the charts end now or a little later, and move in jumps", () => {
  assert.deepEqual([0, 1, 30, 31].map((seconds) => spanAt(1000 * seconds, 3600).to), [0, 30, 30, 60]);
  assert.deepEqual(spanAt(7000, 300), { from: -292.5, to: 7.5 });
});
