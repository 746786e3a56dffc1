import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcer, GATHER, REST } from "../../static/rooms/announcer.js";

const WORDS = { said: "{name}: {text}", saidMany: "New messages: {count}, from {names}.", others: "others", noticed: "Notice: {text}" };

// An announcer on a clock that the test winds, and everything that a screen reader is told by it.
function listened({ mock }) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const told = [];
  const replaceChildren = ({ textContent }) => told.push(textContent);
  return [new Announcer({ ownerDocument: { createElement: () => ({}) }, replaceChildren }, WORDS), told];
}

test("a few messages are read out in one go, and again when they are said again", (t) => {
  const [announcer, told] = listened(t);
  for (const _ of [1, 2]) {
    announcer.said("Bob", "hello");
    announcer.said("<i>Ann</i>", "x".repeat(500));
    t.mock.timers.tick(GATHER);
  }
  assert.deepEqual(told, Array(2).fill(`Bob: hello\n<i>Ann</i>: ${"x".repeat(300)}`));
});

test("many messages are one sentence, with a rest before the next one", (t) => {
  const [announcer, told] = listened(t);
  const names = ["Ada", "Bob", "Cem", "Dan"];
  for (let number = 0; number < 50; number += 1) announcer.said(names[number % 2], "text");
  t.mock.timers.tick(GATHER);
  assert.deepEqual(told, ["New messages: 50, from Ada and Bob."]);
  for (let number = 0; number < 50; number += 1) announcer.said(names[number % 4], "text");
  t.mock.timers.tick(REST - 1);
  assert.equal(told.length, 1);
  t.mock.timers.tick(1);
  assert.equal(told[1], "New messages: 50, from Ada, Bob, Cem, and others.");
});

test("a notice is read out, however many messages come with it", (t) => {
  const [announcer, told] = listened(t);
  announcer.said(undefined, "Tea");
  t.mock.timers.tick(GATHER);
  for (let number = 0; number < 4; number += 1) announcer.said("Bob", "text");
  announcer.said(undefined, "Cake");
  t.mock.timers.tick(GATHER);
  assert.deepEqual(told, ["Notice: Tea", "Notice: Cake\nNew messages: 4, from Bob."]);
});
