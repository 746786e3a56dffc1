import assert from "node:assert/strict";
import { test } from "node:test";

import { Permalink } from "../../static/rooms/permalink.js";

// A link in a room that answers `answers`, one after the other, and has the messages of `there`.
function followed(hash, answers, there = [7]) {
  const told = [];
  const reach = (seq) => (told.push(seq), answers.shift());
  const reveal = (seq) => there.includes(seq) && told.push("revealed") > 0;
  const link = new Permalink({ reach, reveal, onMissing: () => told.push("missing") });
  link.seek(hash);
  for (let time = 0; time < 3; time += 1) link.go();
  return told;
}

test("a message is sought until it is there, once", () => {
  assert.deepEqual(followed("#7", ["coming", "coming", "here"]), [7, 7, 7, "revealed"]);
});

test("one that is not kept is said to be missing", () => {
  assert.deepEqual(followed("#7", ["coming", "missing"]), [7, 7, "missing"]);
  assert.deepEqual(followed("#8", ["here"]), [8, "missing"]);
});

test("other addresses name no message", () => {
  for (const hash of ["", "#content", "#0", "#7a", "#-7"]) assert.deepEqual(followed(hash, []), []);
});
