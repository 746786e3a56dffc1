import assert from "node:assert/strict";
import { test } from "node:test";

import { LASTS, Typists } from "../../static/rooms/typists.js";

test("somebody writes until the signs of it end, or the message is there", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const told = [];
  const typists = new Typists((names) => told.push(names.join()));
  typists.heard({ id: "a", name: "Ann" });
  mock.timers.tick(LASTS - 1);
  typists.heard({ id: "a", name: "Ann" });
  typists.heard({ id: "b", name: "Bob" });
  mock.timers.tick(LASTS - 1);
  typists.stop("b");
  typists.stop("b");
  mock.timers.tick(1);
  assert.deepEqual(told, ["Ann", "Ann", "Ann,Bob", "Ann", ""]);
});
