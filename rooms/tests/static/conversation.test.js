import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeNetwork } from "../../../rtproject/tests/static/support/fake_network.js";
import { Conversation } from "../../static/rooms/conversation.js";

globalThis.location = { href: "http://127.0.0.1/rooms/lobby/" };

const ANN = { id: "a1", name: "Ann B", guest: true };
const BOB = { id: "b1", name: "Bob", guest: true };
const message = (seq, { from = BOB, ...more } = {}) => ({ type: "message", from, text: `text ${seq}`, seq, ...more });

// A conversation whose server is the test, and the events that a page gets.
class Played extends Conversation {
  constructor() {
    const [network, heard] = [new FakeNetwork(), []];
    const hear = (name, tell) => (...told) => heard.push([name, ...tell(...told)]);
    const events = {
      onBegin: hear("begin", (isCut) => [isCut]),
      onMessage: hear("message", (frame) => [frame.text, this.isOurs(frame)]),
      onDeleted: hear("deleted", (seq) => [seq]),
      onOlder: hear("older", (frames) => frames.map(({ text }) => text)),
      onUnsent: hear("unsent", (id) => [id]),
      onError: hear("error", ({ code }, isFinal) => [code, isFinal]),
      onFrame: hear("frame", ({ type }) => [type]),
    };
    super("lobby", () => "Ann B", events, network.environment());
    Object.assign(this, { network, heard });
  }

  /** In a room with history, with the messages from `first` to `last`. */
  static entered(first = 1, last = 3) {
    const played = new Played();
    played.open();
    played.welcome({ seq: last, recovered: false });
    for (let seq = first; seq <= last; seq += 1) played.tell(message(seq));
    played.heard.length = 0;
    return played;
  }

  get link() {
    return this.network.link;
  }

  /** The texts that were said on the current link. */
  get said() {
    return this.link.frames.filter(({ type }) => type === "say").map(({ text }) => text);
  }

  tell(...frames) {
    this.link.tell(...frames);
  }

  welcome(fields) {
    this.link.accept();
    this.tell({ type: "welcome", you: ANN, history: true, epoch: "e1", recovered: true, ...fields });
  }

  /** The connection is lost, and the next one is welcomed. */
  comeBack(fields) {
    this.link.end(1006);
    this.network.advance(this.network.waits[0]);
    this.welcome(fields);
  }
}

test("each connection asks for what came after the newest message, and goes on there", () => {
  const played = Played.entered();
  assert.deepEqual([played.link.path, played.link.protocols], ["/ws/lobby?name=Ann+B", ["rtproject.v1"]]);
  played.comeBack({ seq: 4 });
  assert.equal(played.link.path, "/ws/lobby?name=Ann+B&since=3&epoch=e1");
  played.tell(message(3), message(4), message(4));
  assert.deepEqual(played.heard, [["message", "text 4", false]]);
});

test("what cannot be continued begins anew, with its own numbers", () => {
  const played = Played.entered(7, 9);
  played.comeBack({ epoch: "e2", seq: 2, recovered: false });
  played.tell(message(1), message(2));
  assert.deepEqual(played.heard, [["begin", false], ["message", "text 1", false], ["message", "text 2", false]]);
  assert.deepEqual([played.isNews(message(2)), played.isCut], [false, false]);
  played.comeBack();
  assert.equal(played.link.path, "/ws/lobby?name=Ann+B&since=2&epoch=e2");
});

test("what came after more than the room keeps is news, and said to be cut", () => {
  const played = Played.entered(7, 9);
  played.comeBack({ seq: 99, recovered: false });
  played.tell(message(98), message(99));
  assert.deepEqual(played.heard.map(([name, what]) => [name, what]), [["begin", true], ["message", "text 98"], ["message", "text 99"]]);
  assert.deepEqual([9, 98].map((seq) => played.isNews(message(seq))), [false, true]);
  assert.equal(played.isCut, true);
});

test("messages that are missing are asked for on a new connection", () => {
  const played = Played.entered();
  const { link: old } = played;
  played.tell(message(6));
  assert.deepEqual([old.closedWith, played.link.path], [1000, "/ws/lobby?name=Ann+B&since=3&epoch=e1"]);
  played.welcome({ seq: 6 });
  played.tell(message(4), message(5), message(6));
  assert.deepEqual(played.heard.map(([, text]) => text), ["text 4", "text 5", "text 6"]);
});

test("a room without history goes on without numbers", () => {
  const played = new Played();
  played.open();
  for (const _ of [1, 2]) {
    played.welcome({ history: false, recovered: false });
    played.tell(message(undefined, { text: "one" }));
    played.link.end(1006);
    played.open();
  }
  assert.deepEqual([played.heard, played.older()], [Array(2).fill(["message", "one", false]), false]);
  assert.equal(played.link.path, "/ws/lobby?name=Ann+B");
});

test("notices and deletions count: each comes once, in its turn", () => {
  const played = Played.entered();
  const [notice, deleted] = [{ type: "notice", text: "Tea", seq: 4 }, { type: "deleted", target: 2, seq: 5 }];
  played.tell(notice, notice, deleted, deleted, message(6));
  assert.deepEqual(played.heard, [["message", "Tea", false], ["deleted", 2], ["message", "text 6", false]]);
  played.tell({ ...deleted, seq: 8 });
  played.link.accept();
  assert.deepEqual([played.link.path, played.heard.length], ["/ws/lobby?name=Ann+B&since=6&epoch=e1", 3]);
});

test("of older frames the messages and notices are shown", () => {
  const played = Played.entered(60, 61);
  played.older();
  const frames = [{ type: "deleted", target: 3, seq: 57 }, { type: "notice", text: "Tea", seq: 58 }, message(59)];
  played.tell({ type: "history", messages: frames, more: true });
  assert.deepEqual(played.heard, [["older", "Tea", "text 59"]]);
  played.older();
  assert.equal(played.link.frames.at(-1).before, 57);
});

test("older messages are asked for from the oldest on, one question at a time", () => {
  const played = Played.entered(60, 61);
  assert.deepEqual([played.older(), played.older()], [true, false]);
  played.tell({ type: "history", messages: [message(58), message(59)], more: true });
  assert.equal(played.older(), true);
  played.tell({ type: "history", messages: [message(57)], more: false });
  assert.deepEqual([played.hasOlder, played.older()], [false, false]);
  played.tell({ type: "history", messages: [message(1)], more: true }); // which nobody asked for
  assert.deepEqual(played.link.frames.map(({ before }) => before), [60, 58]);
  assert.deepEqual(played.heard, [["older", "text 58", "text 59"], ["older", "text 57"]]);
});

test("older messages are asked for again after an error, on the next connection, and after a hole", () => {
  const played = Played.entered(60, 64);
  played.older();
  played.tell({ type: "error", code: "unavailable" });
  assert.equal(played.older(), true);
  played.comeBack({ seq: 64 });
  assert.equal(played.older(), true);
  played.forget(62); // the page has dropped some of them meanwhile
  played.tell({ type: "history", messages: [message(59)], more: false });
  assert.deepEqual([played.older(), played.link.frames.at(-1).before], [true, 63]);
  assert.deepEqual(played.heard, [["error", "unavailable", true]]);
});

test("frames that are none of the conversation's are handed on, and what is none is ignored", () => {
  const played = Played.entered();
  played.network.advance(10_000);
  assert.deepEqual(played.link.frames, [{ type: "ping" }]);
  played.tell({ type: "pong" }, { type: "event" }, { type: "toString" });
  for (const data of ["no JSON", "null", "[]", '{"type": 1}', new ArrayBuffer(3)]) played.link.hear(data);
  assert.deepEqual(played.heard, [["frame", "event"], ["frame", "toString"]]);
});

test("our own message under its id confirms what we said, wherever we said it", () => {
  const played = Played.entered();
  const id = played.say("one");
  played.say("two");
  played.tell(message(4, { id }), message(5, { id: "of-another-page", from: ANN }));
  assert.deepEqual(played.said, ["one"]);
  played.tell(message(6, { id, from: ANN }));
  assert.deepEqual(played.said, ["one", "two"]);
  assert.deepEqual(played.heard.map(([, , isOurs]) => isOurs), [false, true, true]);
});

test("what was on its way is said again under its id, and `said` or an older message confirms it", () => {
  const older = (id) => ({ type: "history", messages: [message(59, { id, from: ANN })], more: true });
  for (const confirm of [(id) => ({ type: "said", id, seq: 59 }), older]) {
    const played = Played.entered(60, 61);
    const id = played.say("one");
    played.say("two");
    played.comeBack({ seq: 61 });
    assert.deepEqual(played.link.frames, [{ type: "say", text: "one", id }]);
    played.older();
    played.tell(confirm(id));
    assert.deepEqual(played.said, ["one", "two"]);
  }
});

test("where each connection is another member, the words of the last one are ours, and not said again", () => {
  const played = Played.entered();
  const id = played.say("one");
  played.comeBack({ you: { ...ANN, id: "a2" }, seq: 4 });
  played.tell(message(4, { id, from: ANN }));
  assert.deepEqual([played.said, played.heard], [[], [["unsent", id], ["message", "text 4", true]]]);
});

test("a refusal for a while is not final, one for good lets the next message go", () => {
  const played = Played.entered();
  const [first, second] = [played.say("one"), played.say("two")];
  played.say("three");
  for (const code of ["unavailable", "rate_limited"]) {
    played.tell({ type: "error", code, id: first });
    played.network.advance(2000);
  }
  played.tell({ type: "error", code: "too_long", id: first }, { type: "error", code: "new_in_v2", id: second });
  assert.deepEqual(played.said, ["one", "one", "one", "two", "three"]);
  const told = [["unavailable", false], ["rate_limited", false], ["too_long", true], ["new_in_v2", true]];
  assert.deepEqual(played.heard.map(([, ...error]) => error), told);
});

test("a close for good ends all hope, one that asks for the password does not", () => {
  for (const [code, unsent] of [[4008, 2], [4009, 0], [4003, 0]]) {
    const played = Played.entered();
    const ids = [played.say("one"), played.say("two")];
    played.link.end(code);
    assert.deepEqual(played.heard, ids.slice(0, unsent).map((id) => ["unsent", id]));
    played.open();
    played.welcome({ seq: 3 });
    assert.deepEqual(played.said, unsent ? [] : ["one"]);
  }
});

test("a message is reached by asking for all before the oldest one", () => {
  const played = Played.entered(600, 601);
  assert.deepEqual([600, 300, 602].map((seq) => played.reach(seq)), ["here", "coming", "missing"]);
  assert.deepEqual(played.link.frames.at(-1), { type: "history", before: 600, limit: 200 });
  played.tell({ type: "history", messages: [message(400)], more: true });
  assert.equal(played.reach(300), "coming");
  played.tell({ type: "history", messages: [message(350)], more: false });
  assert.equal(played.reach(300), "missing");
  played.link.end(1006);
  assert.equal(played.reach(300), "coming");
});

test("others are told that we write, every three seconds, and asked to forget a message", () => {
  const played = Played.entered();
  [0, 0, 2999, 1].forEach((wait) => {
    played.network.advance(wait);
    played.type();
  });
  assert.equal(played.delete(2), true);
  assert.deepEqual(played.link.frames.map(({ type, seq }) => [type, seq]), [["typing", undefined], ["typing", undefined], ["delete", 2]]);
  played.link.end(1006);
  played.type();
  assert.equal(played.delete(2), false);
});
