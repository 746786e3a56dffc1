import assert from "node:assert/strict";
import { test } from "node:test";

import { RoundTrips } from "../../static/echo/round_trips.js";

test("what comes back belongs to what was sent first", () => {
  const trips = new RoundTrips();
  trips.sent("a", 100);
  trips.sent("b", 101);
  assert.deepEqual(trips.received(110), { what: "a", trip: 10 });
  assert.deepEqual(trips.received(131), { what: "b", trip: 30 });
  assert.equal(trips.received(132), null);
});

test("the summary is of everything until it is forgotten", () => {
  const trips = new RoundTrips();
  for (const trip of [5, 1, 9, 3, 7]) {
    trips.sent("x", 0);
    trips.received(trip);
  }
  assert.deepEqual(trips.summary, { count: 5, fastest: 1, median: 5, slowest: 9 });
  trips.forget();
  assert.equal(trips.summary, null);
});
