import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, duration, load, marked, moment, percent, rate, timeZone } from "../../static/pulse/units.js";

test("figures are written as people read them, with a dash where there is none", () => {
  assert.deepEqual([0, 12.34, 100, null].map(percent), ["0.0 %", "12.3 %", "100.0 %", "–"]);
  assert.deepEqual([0, 1023, 1024, 123_456_789, 5e15].map(bytes), ["0 B", "1,023 B", "1.0 KiB", "118 MiB", "4.4 PiB"]);
  assert.deepEqual([rate(2048), rate(undefined), load(0.5), load(NaN)], ["2.0 KiB/s", "–", "0.50", "–"]);
  assert.deepEqual([0, 59, 60, 3_661, 90_000].map(duration), ["0 s", "59 s", "1 min", "1 h 1 min", "1 d 1 h"]);
});

test("a tick and a mark are as exact as they need to be", () => {
  const time = new Date(2027, 0, 15, 8, 5, 9).getTime() / 1000;
  const written = (words, ...about) => about.map((each) => words(time, each).replaceAll("\u202f", " "));
  assert.deepEqual(written(moment, 30, 900, 86_400), ["8:05:09 AM", "8:05 AM", "Jan 15"]);
  assert.equal(moment(new Date(2027, 0, 15).getTime() / 1000, 21_600), "Jan 15");
  assert.deepEqual(written(marked, 3600, 604_800), ["8:05:09 AM", "Jan 15, 8:05 AM"]);
});

test("a time zone has a name", () => {
  assert.match(timeZone(0), /^UTC$|^[A-Z]\w+(\/\w+)* \(GMT.*\)$/);
});
