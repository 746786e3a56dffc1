import assert from "node:assert/strict";
import { test } from "node:test";

import { isTooBig, sayFrame } from "../../static/rooms/frames.js";

test("a text is measured as the frame that it becomes, in bytes", () => {
  const around = new TextEncoder().encode(sayFrame("", "x".repeat(24))).length;
  for (const [character, bytes] of [["x", 1], ["é", 2], ["ア", 3], ["😀", 4], ["\u0001", 6], ["\n", 2]]) {
    const most = Math.floor((1_000_000 - around) / bytes);
    assert.deepEqual([most, most + 1].map((count) => isTooBig(character.repeat(count))), [false, true]);
  }
});
