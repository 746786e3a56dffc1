import assert from "node:assert/strict";
import { test } from "node:test";

import { Colors, initials } from "../../static/rooms/people.js";

const ids = (count, prefix = "m") => Array.from({ length: count }, (_, number) => `${prefix}${number}`);

test("initials are whole letters of the first and the last word", () => {
  const names = { "Ada Lovelace": "AL", bob: "B", "guest-c82347": "GC", "محمد علي": "مع", "👩‍👩‍👧 Family": "👩‍👩‍👧F", "_": "_" };
  for (const [name, letters] of Object.entries(names)) assert.equal(initials(name), letters);
});

test("no two people who are present have the same color while the scale lasts", () => {
  const colors = new Colors();
  colors.see(ids(12));
  assert.equal(new Set(ids(12).map((id) => colors.of(id))).size, 12);
  colors.see(ids(12, "other"));
  assert.equal(new Set(ids(12, "other").map((id) => colors.of(id))).size, 12);
});

test("people keep their colors when others come and go", () => {
  const colors = new Colors();
  colors.see(["a", "b"]);
  const before = [colors.of("a"), colors.of("b")];
  colors.see([...ids(12), "b"]);
  colors.see(["b", "a"]);
  assert.deepEqual([colors.of("a"), colors.of("b")], before);
});

test("somebody who comes back gets another color if theirs is taken, and that is told", () => {
  const colors = new Colors();
  const moved = [];
  colors.onMove = (id) => moved.push(id);
  colors.see(ids(12));
  const [first, ...others] = ids(12);
  colors.see(others);
  colors.see([...others.slice(1), "new"]);
  const taken = colors.of("new");
  const [back] = [first, others[0]].filter((id) => colors.of(id) === taken);
  colors.see([back, "new"]);
  assert.equal(colors.of("new"), taken);
  assert.notEqual(colors.of(back), taken);
  assert.deepEqual(moved, [back]);
});

test("a message's sender who has left has a color too", () => {
  const colors = new Colors();
  colors.see(ids(3));
  assert.ok(!ids(3).some((id) => colors.of(id) === colors.of("gone")));
});
