import assert from "node:assert/strict";
import { test } from "node:test";

import { Alerts } from "../../static/pulse/alerts.js";

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
