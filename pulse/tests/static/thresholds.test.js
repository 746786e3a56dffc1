import assert from "node:assert/strict";
import { test } from "node:test";

import { Thresholds } from "../../static/pulse/thresholds.js";

test("a threshold is news when it is another one, and what is no number is none", () => {
  const thresholds = new Thresholds({ cpu: 90, load: "2" });
  const replaced = (given) => [thresholds.replace(given), thresholds.current];
  assert.deepEqual(replaced({ cpu: 90 }), [false, { cpu: 90 }]);
  assert.deepEqual(replaced(undefined), [false, { cpu: 90 }]); // a frame without thresholds
  assert.deepEqual(replaced({ disk: 5, cpu: 90 }), [true, { disk: 5, cpu: 90 }]);
  assert.deepEqual(replaced({ cpu: 80 }), [true, { cpu: 80 }]);
});
