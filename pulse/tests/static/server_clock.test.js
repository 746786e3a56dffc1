import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../../static/pulse/server_clock.js";

test("the server's clock is the one that counts", () => {
  const clock = new ServerClock(() => 1000);
  clock.set(601);
  clock.set(undefined); // no time changes nothing
  assert.deepEqual([clock.now(), clock.here(601_000)], [601_000, 1000]);
});
