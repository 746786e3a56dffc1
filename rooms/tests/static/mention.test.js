import assert from "node:assert/strict";
import { test } from "node:test";

import { mentions } from "../../static/rooms/mention.js";

test("a name is called by an @ before it, as a word of its own", () => {
  for (const text of ["@Ann B", "hello @ann b!", "(@ANN B)", "@Ann Bx and @Ann B", "@Ann B🙂"]) assert.ok(mentions(text, "Ann B"), text);
  for (const text of ["Ann B", "@Ann", "@Ann Bob", "mail@Ann B", "@Ann B\u0301"]) assert.ok(!mentions(text, "Ann B"), text);
  assert.ok(mentions("@Zoe\u0308", "Zoë"));
});
