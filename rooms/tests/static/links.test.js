import assert from "node:assert/strict";
import { test } from "node:test";

import { findAddresses } from "../../static/rooms/links.js";

/** The addresses in a text, of which nothing may be lost. */
function addressesIn(text) {
  const parts = findAddresses(text);
  assert.equal(parts.map((part) => part.address ?? part).join(""), text);
  return parts.filter((part) => typeof part !== "string");
}

test("an address ends before what belongs to the sentence", () => {
  for (const [text, address] of [
    ["See https://example.org/a?b=c&d=e#f today", "https://example.org/a?b=c&d=e#f"],
    ["Is it http://example.org?", "http://example.org"],
    ["It is (https://example.org/).", "https://example.org/"],
    ["https://example.org/Set_(mathematics)", "https://example.org/Set_(mathematics)"],
    ["(see https://example.org/Set_(mathematics))", "https://example.org/Set_(mathematics)"],
    ["'https://example.org/',", "https://example.org/"],
    ["“https://example.org/…”", "https://example.org/"],
    ["**https://example.org/path**", "https://example.org/path"],
    ["HTTPS://EXAMPLE.ORG/Path", "HTTPS://EXAMPLE.ORG/Path"],
    ["see:https://例え.jp/wiki/日本語。", "https://例え.jp/wiki/日本語"],
    ["https://go日本.jp/?q=日本", "https://go日本.jp/?q=日本"],
    ["詳細はhttps://example.org/aを見て", "https://example.org/a"],
    ["詳細はhttps://example.org/をご覧", "https://example.org/"],
    ["링크https://example.org에서", "https://example.org"],
    ["ดูที่https://example.org/a?b=1นะ", "https://example.org/a?b=1"],
    ["http://127.0.0.1:8000/rooms/", "http://127.0.0.1:8000/rooms/"],
    ['https://example.org/"onmouseover="alert(1)', "https://example.org/"],
    ["https://example.org/<b>x</b>", "https://example.org/"],
    ["https://example.org/\u202egpj.exe", "https://example.org/"], // turns the direction of the text
    ["https://example.org\u200b.evil.example/", "https://example.org"], // invisible
  ]) {
    assert.deepEqual(addressesIn(text).map((found) => found.address), [address]);
  }
});

test("several addresses lead to several places", () => {
  const found = addressesIn("http://a.example and\nhttps://b.example/x, http://c.example.");
  assert.deepEqual(found.map(({ href }) => href), ["http://a.example/", "https://b.example/x", "http://c.example/"]);
});

test("no other scheme, and no name that makes a server look like another one, is an address", () => {
  for (const text of [
    '<img src=x onerror="alert(1)">',
    "javascript:alert(1)",
    "JAVASCRIPT://example.org/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "ftp://example.org/",
    "xhttp://example.org/",
    "http:/example.org",
    "http://",
    "https://?",
    "http://[",
    "http://exa%mple.org",
    "https://user@example.org/",
    "https://www.example.org:secret@example.com/",
    "http://example.org:99999/",
    "http://\u202eexample.org",
    "\ud83d",
  ]) {
    assert.deepEqual(addressesIn(text), []);
  }
});

test("letters that look like others are told apart", () => {
  assert.equal(addressesIn("https://\u0430pple.com/")[0].title, "https://xn--pple-43d.com/");
  assert.equal(addressesIn("https://apple.com/")[0].title, "");
});

test("a long text of half addresses is read in one go", () => {
  for (const part of ["http://", "https://a.b/(", `https://a.b/${")".repeat(40)}`, "((((", "http://a.b/]", "見https://a見"]) {
    addressesIn(part.repeat(4096).slice(0, 4096));
  }
});
