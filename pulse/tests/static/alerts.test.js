import assert from "node:assert/strict";
import { test } from "node:test";

import { Alerts, Thresholds } from "../../static/pulse/alerts.js";

test("only a change is news, and only what fires or has fired is an event", () => {
  const alerts = new Alerts();
  const alert = (state, value = 1) => ({ host: "a", metric: "cpu", state, value, since: "2027-01-15T08:00:00Z" });
  for (const [list, ...expected] of [
    [[], 0, 0, false, 0],
    [[alert("pending")], 0, 0, false, 0],
    [[], 0, 0, false, 0],
    [[alert("firing")], 1, 0, true, 1],
    [[alert("firing", 2)], 0, 0, false, 1],
    [[alert("resolved")], 0, 1, true, 0],
    [[], 0, 0, false, 0],
    [[alert("resolved")], 0, 0, true, 0],
    [[alert("firing")], 1, 0, true, 1],
    [[], 0, 0, true, 0],
  ]) {
    const { fired, resolved, isEvent } = alerts.replace(list);
    assert.deepEqual([fired.length, resolved.length, isEvent, alerts.in("firing").length], expected);
  }
});

test("an alert is open until it is resolved", () => {
  const alerts = new Alerts();
  const list = ["pending", "firing", "resolved"].map((state, i) => ({ host: "a", metric: `m${i}`, state, since: "2027-01-15" }));
  alerts.replace(list);
  const open = (metric) => alerts.open("a", metric)?.state;
  assert.deepEqual(["m0", "m1", "m2", "m3"].map(open), ["pending", "firing", undefined, undefined]);
  assert.deepEqual([alerts.of("a", "firing").length, alerts.of("b", "firing").length], [1, 0]);
});

test("a threshold is news when it is another one, what is no number is none, and a host may have its own", () => {
  const thresholds = new Thresholds({ cpu: 90, load: "2" });
  const replaced = (...given) => [thresholds.replace(...given), thresholds.of("a")];
  assert.deepEqual(replaced({ cpu: 90 }), [false, { cpu: 90 }]);
  assert.deepEqual(replaced(undefined), [false, { cpu: 90 }]); // a frame without thresholds
  assert.deepEqual(replaced({ disk: 5, cpu: 90 }), [true, { disk: 5, cpu: 90 }]);
  assert.deepEqual(replaced({ cpu: 80 }), [true, { cpu: 80 }]);
  assert.deepEqual(replaced({ cpu: 80 }, { a: { cpu: 95, swap: null } }), [true, { cpu: 95 }]);
  assert.deepEqual(thresholds.of("b"), { cpu: 80 });
});
