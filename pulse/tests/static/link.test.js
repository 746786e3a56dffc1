import assert from "node:assert/strict";
import { test } from "node:test";

import { LinkWatch, ServerClock } from "../../static/pulse/link.js";

test("a link on which pulses stay away is dead after three beats and ten seconds, once", () => {
  const link = new LinkWatch();
  assert.equal(link.isDead(1_000_000, 5), false);
  link.heard(-1000, true);
  link.heard(0, false);
  assert.deepEqual([24_000, 26_000].map((now) => link.isDead(now, 5)), [false, true]);
  link.reset();
  assert.equal(link.isDead(1_000_000, 5), false);
});

test("a link on which no pulse ever came has three minutes", () => {
  const link = new LinkWatch();
  link.heard(0, false);
  assert.deepEqual([189_000, 191_000].map((now) => link.isDead(now, 5)), [false, true]);
});

test("the server's clock is the one that counts, and that they differ is known", () => {
  const clock = new ServerClock(() => 1000);
  clock.set(31);
  assert.equal(clock.isOff, false);
  clock.set(601);
  clock.set(undefined); // no time changes nothing
  assert.deepEqual([clock.now(), clock.here(601_000), clock.isOff], [601_000, 1000, true]);
});
