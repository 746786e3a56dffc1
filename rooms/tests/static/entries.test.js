import assert from "node:assert/strict";
import { test } from "node:test";

import { Entries } from "../../static/rooms/entries.js";

const message = (id, status = "") => ({ frame: { id }, status });
const idsOf = (entries) => Array.from({ length: entries.length }, (_, index) => entries.at(index).frame.id);

test("what is on its way stays below what has arrived, and what was refused stays where it was", () => {
  const entries = new Entries();
  const [one, two] = [message("one", "sending"), message("two", "sending")];
  entries.addWaiting(one);
  entries.addWaiting(two);
  entries.add(message("m1"));
  one.status = "failed";
  entries.add(message("m2"));
  assert.deepEqual(idsOf(entries), ["m1", "one", "m2", "two"]);
  assert.deepEqual([entries.isInPlace(two), entries.isInPlace(one), entries.waiting("two")], [true, false, two]);
  two.status = "sent";
  entries.settle(two);
  entries.add(message("m3"));
  assert.deepEqual([idsOf(entries), entries.waiting("two")], [["m1", "one", "m2", "two", "m3"], undefined]);
});

test("beginning anew leaves what only the page knows", () => {
  const entries = new Entries();
  entries.add(message("m1"));
  for (const status of ["waiting", "sending", "sent", "failed", "refused", "unsent"]) {
    entries.addWaiting(message(status, status));
  }
  entries.clear();
  assert.deepEqual(idsOf(entries), ["waiting", "sending", "failed", "refused", "unsent"]);
  assert.deepEqual([entries.waiting("sent"), entries.waiting("unsent")?.status], [undefined, "unsent"]);
});

test("a message is found by its number among notices and what has none", () => {
  const entries = new Entries();
  entries.add({ frame: { seq: 1 } });
  entries.add({ notice: { seq: 2 } });
  entries.addWaiting(message("m3", "sending"));
  assert.equal(entries.numbered(1), entries.at(0));
  assert.deepEqual([2, 3].map((seq) => entries.numbered(seq)), [undefined, undefined]);
});
