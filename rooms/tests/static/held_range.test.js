import assert from "node:assert/strict";
import { test } from "node:test";

import { HeldRange } from "../../static/rooms/held_range.js";

function begun(numbering, ...seqs) {
  const held = new HeldRange();
  held.begin(numbering);
  return [held, seqs.map((seq) => held.place(seq))];
}

test("the first message begins anywhere, and each number is taken once from then on", () => {
  const [held, places] = begun({ epoch: "e", seq: 43 }, 42, 43, 43, 41, 44);
  assert.deepEqual(places, ["next", "next", "known", "known", "next"]);
  assert.deepEqual([held.position, held.oldest, held.hasOlder], [{ since: 44, epoch: "e" }, 42, true]);
});

test("an empty room is resumed from its beginning", () => {
  const [held] = begun({ epoch: "e", seq: 0 });
  assert.deepEqual(held.position, { since: 0, epoch: "e" });
  assert.deepEqual([held.place(2), held.place(1), held.hasOlder], ["gap", "next", false]);
});

test("a gap is asked for once at each place, since the server does not have what it leaves out twice", () => {
  const [, places] = begun({ epoch: "e", seq: 1 }, 1, 3, 3, 4, 6, 5, 6);
  assert.deepEqual(places, ["next", "gap", "next", "next", "gap", "next", "next"]);
});

test("older messages move the beginning until there are no more, and what is dropped is older again", () => {
  const [held] = begun({ epoch: "e", seq: 90 }, 90);
  held.extend(50, true);
  assert.deepEqual([held.oldest, held.hasOlder], [50, true]);
  held.extend(20, false); // the room has lost those before it
  held.extend(undefined, false);
  assert.deepEqual([held.oldest, held.hasOlder, held.isCut], [20, false, true]);
  [60, 30].forEach((seq) => held.forget(seq));
  assert.deepEqual([held.oldest, held.hasOlder], [61, true]);
});
