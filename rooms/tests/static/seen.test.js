import assert from "node:assert/strict";
import { test } from "node:test";

import { countUnread, noteSeen } from "../../static/rooms/seen.js";
import { installStorage } from "./support/storage.js";

test("what came after the last visit is unread, and of a room that counts anew everything", () => {
  installStorage();
  const unread = (seq, name = "lobby") => countUnread({ name, seq });
  assert.equal(unread(9), 0); // never there
  noteSeen("lobby", 5);
  noteSeen("lobby", undefined); // while it kept no messages
  assert.deepEqual([unread(9), unread(5), unread(3), unread(9, "other")], [4, 0, 3, 0]);
});
