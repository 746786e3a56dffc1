import assert from "node:assert/strict";
import { test } from "node:test";

import { curlOf, exampleBody, operationsOf, requestOf } from "../../static/rtproject/api_request.js";

const body = { content: { "application/json": { schema: { $ref: "#/components/schemas/New" } } } };
const read = { parameters: [{ name: "room", in: "path" }, { name: "after", in: "query" }, { name: "limit", in: "query" }] };
const post = { parameters: [{ name: "room", in: "path" }], requestBody: body };
const api = {
  paths: { "/rooms/{room}/messages": { get: read, post } },
  components: {
    schemas: {
      New: { properties: { text: { type: "string" }, id: { anyOf: [] }, data: { default: null } }, required: ["text"] },
    },
  },
};
const [reading, posting] = operationsOf(api);

test("every operation has its method and path", () => {
  assert.deepEqual([reading.method, posting.method], ["GET", "POST"]);
  assert.equal(posting.path, "/rooms/{room}/messages");
});

test("a request has the parameters that are given, where they belong", () => {
  assert.deepEqual(requestOf(reading, { room: "a/b", after: "7", limit: "" }, "ignored"), {
    method: "GET",
    url: "/rooms/a%2Fb/messages?after=7",
    headers: {},
    body: undefined,
  });
  assert.equal(requestOf(reading, { room: "a" }).url, "/rooms/a/messages");
});

test("a body begins with what is required and what may be anything", () => {
  assert.equal(exampleBody(reading, api), null);
  assert.deepEqual(JSON.parse(exampleBody(posting, api)), { text: "hello", data: {} });
});

test("the call in a shell is quoted, and has no token in it", () => {
  const request = requestOf(posting, { room: "a" }, `{"text": "it's"}`);
  assert.equal(
    curlOf(request, "http://here"),
    [
      "curl -X POST 'http://here/rooms/a/messages'",
      `-H "Authorization: Bearer $TOKEN"`,
      "-H 'Content-Type: application/json'",
      String.raw`-d '{"text": "it'\''s"}'`,
    ].join(" \\\n  "),
  );
});
