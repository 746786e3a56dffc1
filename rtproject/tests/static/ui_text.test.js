import assert from "node:assert/strict";
import { test } from "node:test";

import { pageLanguage } from "../../static/rtproject/ui_text.js";

test("numbers and dates are in the page's language, as the reader's own locale of it writes them", (t) => {
  t.mock.getter(navigator, "languages", () => ["fr", "de-AT", "en-GB", "en"]);
  t.after(() => delete globalThis.document);
  const locales = ["de", "en", "it", ""].map((lang) => {
    globalThis.document = { documentElement: { lang } };
    return pageLanguage();
  });
  assert.deepEqual(locales, ["de-AT", "en-GB", "it", undefined]);
});
