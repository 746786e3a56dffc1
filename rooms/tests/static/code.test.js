import assert from "node:assert/strict";
import { test } from "node:test";

import { findCode } from "../../static/rooms/code.js";

test("code stands between backticks, and its lines between fences", () => {
  const code = (code, isBlock = false) => ({ code, isBlock });
  for (const [text, ...parts] of [
    ["say `x = 1` twice: `y`", "say ", code("x = 1"), " twice: ", code("y")],
    ["so:\n```js\na\n\n  `b`\n```\nand", "so:", code("a\n\n  `b`", true), "and"],
    ["```one line```", code("one line", true)],
    ["`not\nclosed, **no**", "`not\nclosed, **no**"],
    ["``` open", "``` open"],
    ["``", "``"],
  ]) {
    assert.deepEqual(findCode(text), parts);
  }
});

test("a long text of backticks is read in one go", () => {
  for (const part of ["`", "``", "```", "`a", "```\n", "\n", "``` `"]) findCode(part.repeat(80_000 / part.length));
});
