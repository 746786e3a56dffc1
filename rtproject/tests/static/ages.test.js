import assert from "node:assert/strict";
import { test } from "node:test";

import { age, showAge } from "../../static/rtproject/ages.js";

test("an age is told in the largest unit that fits, and clocks that differ make no future", () => {
  const expected = {
    now: [-100, 0, 44],
    "1 minute ago": [45, 60, 119],
    "59 minutes ago": [3_599],
    "1 hour ago": [3_600],
    "23 hours ago": [86_399],
    yesterday: [86_400],
    "3 days ago": [3 * 86_400],
  };
  for (const [words, ages] of Object.entries(expected)) {
    for (const seconds of ages) assert.equal(age(1000 * seconds, "en"), words);
  }
  assert.equal(age(120_000, "de"), "vor 2 Minuten");
});

test("a time element shows its age, and after a month its date", () => {
  const time = { dateTime: "2026-01-31T12:00:00Z" };
  const shown = [0, 120_000, 40 * 86_400_000].map((passed) => {
    showAge(time, Date.parse(time.dateTime) + passed);
    return time.textContent;
  });
  assert.deepEqual(shown, ["now", "2 minutes ago", "Jan 31, 2026"]);
  assert.match(time.title, /January 31, 2026/);
});
