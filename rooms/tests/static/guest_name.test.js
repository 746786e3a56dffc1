import assert from "node:assert/strict";
import { test } from "node:test";

import { currentName, loadName, saveName, writtenName } from "../../static/rooms/guest_name.js";

test("without storage a name lasts as long as the page", () => {
  saveName("Ann");
  assert.deepEqual([currentName(), loadName()], ["Ann", ""]);
});

test("a name is compared as the server writes it", () => {
  assert.equal(writtenName(" Zoe\u0308\u3000B\u00a0"), "Zoë B");
  assert.equal(writtenName("👩\u200d🚀"), "👩\u200d🚀");
});
