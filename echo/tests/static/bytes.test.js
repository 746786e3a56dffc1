import assert from "node:assert/strict";
import { test } from "node:test";

import { byteCount, formatHex, parseHex, readable } from "../../static/echo/bytes.js";

test("bytes are read as people write them", () => {
  for (const text of ["48656c", "48 65 6C", "0x48,0x65, 0x6c", "48:65:6c\n"]) {
    assert.deepEqual(parseHex(text), Uint8Array.of(0x48, 0x65, 0x6c), text);
  }
  for (const text of ["", "  "]) assert.deepEqual(parseHex(text), new Uint8Array());
});

test("what is no byte is not guessed", () => {
  for (const text of ["4", "4 8", "486", "hello", "0x", "48-65", "x48"]) assert.equal(parseHex(text), null, text);
});

test("each byte is written with two digits", () => {
  assert.equal(formatHex(Uint8Array.of(0, 1, 10, 255)), "00 01 0a ff");
});

test("only UTF-8 without control characters is readable", () => {
  assert.equal(readable(Uint8Array.of(71, 114, 195, 188)), "Grü");
  for (const bytes of [[255], [195], [7], [72, 10]]) assert.equal(readable(Uint8Array.from(bytes)), null);
  assert.deepEqual(["Grü", "🌍", ""].map(byteCount), [4, 4, 0]);
});
