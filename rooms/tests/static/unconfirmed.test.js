import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeNetwork } from "../../../rtproject/tests/static/support/fake_network.js";
import { PATIENCE, Unconfirmed } from "../../static/rooms/unconfirmed.js";

// An `Unconfirmed` in a room, the messages that it sent, and the texts that it gave up.
class Played extends Unconfirmed {
  constructor(isRepeatable = true) {
    const [network, sent, unsent] = [new FakeNetwork(), [], []];
    const send = ({ text }) => !this.isClosing && sent.push(text);
    super(send, (id) => unsent.push(this.texts.get(id)), network.environment());
    Object.assign(this, { network, sent, unsent, texts: new Map(), isClosing: false });
    this.resume("me", isRepeatable);
  }

  add(text, kept) {
    const id = super.add(text, kept);
    this.texts.set(id, text);
    return id;
  }
}

test("what is written outside of the room waits for it, one message on its way at a time", () => {
  const played = new Played();
  played.pause();
  const ids = ["one", "two", "three"].map((text) => played.add(text));
  assert.deepEqual(played.sent, []);
  played.resume("me", true);
  played.settle("of another page");
  assert.deepEqual(played.sent, ["one"]);
  ids.forEach((id) => played.settle(id));
  assert.deepEqual(played.sent, ["one", "two", "three"]);
});

test("what was on its way is said again first, unless the room may show it twice", () => {
  const again = [["one", "one"], []];
  const givenUp = [["one", "two"], ["one"]];
  // Without history, or from another member, the same id is another message.
  for (const [wasRepeatable, member, isRepeatable, expected] of [
    [true, "me", true, again],
    [true, "other", true, givenUp],
    [true, "me", false, givenUp],
    [false, "me", false, givenUp],
  ]) {
    const played = new Played(wasRepeatable);
    ["one", "two"].forEach((text) => played.add(text));
    played.pause();
    played.resume(member, isRepeatable);
    assert.deepEqual([played.sent, played.unsent], expected);
  }
});

test("what was refused for a while is said again after growing waits, and not overtaken", () => {
  const played = new Played();
  const [one, two] = ["one", "two"].map((text) => played.add(text));
  const refuse = (id) => {
    assert.equal(played.postpone(id), true);
    const [wait] = played.network.waits;
    played.network.advance(wait);
    return wait;
  };
  assert.deepEqual([refuse(one), refuse(one)], [1000, 2000]);
  played.settle(one);
  assert.equal(refuse(two), 1000);
  assert.deepEqual([played.sent, played.postpone(one)], [["one", "one", "one", "two", "two"], false]);
  assert.equal(new Played(false).postpone(undefined), false); // an error that is of no message
});

test("what nobody saw is said on the next connection, also without history", () => {
  const refused = new Played(false);
  refused.postpone(refused.add("one"));
  const lost = new Played(false);
  lost.isClosing = true; // the connection took nothing any more
  lost.add("one");
  lost.isClosing = false;
  for (const played of [refused, lost]) {
    played.pause();
    assert.deepEqual(played.network.waits, []);
    played.resume("other", false);
    assert.deepEqual([played.sent.at(-1), played.unsent], ["one", []]);
  }
});

test("without any answer it is said again, or given up without history", () => {
  for (const [isRepeatable, ...expected] of [[true, ["one", "one"], []], [false, ["one", "two"], ["one"]]]) {
    const played = new Played(isRepeatable);
    ["one", "two"].forEach((text) => played.add(text));
    played.network.advance(PATIENCE);
    assert.deepEqual([played.sent, played.unsent], expected);
  }
});

test("what was on its way at two abnormal ends in a row is given up, and the next one goes", () => {
  for (const [ends, ...expected] of [
    [[true, true], ["big", "big", "two"], ["big"]],
    [[true, false, true], ["big", "big", "big", "big"], []],
  ]) {
    const played = new Played();
    ["big", "two"].forEach((text) => played.add(text));
    for (const isAbnormal of ends) {
      played.pause(isAbnormal);
      played.pause(true); // an attempt to connect that fails
      played.resume("me", true);
    }
    assert.deepEqual([played.sent, played.unsent], expected);
  }
});

test("what another page has kept is said under its id by the member whose it is, unless it may be shown twice", () => {
  const was = (text, kept) => [text, { id: `id of ${text}`, ...kept }];
  for (const [isRepeatable, ...expected] of [
    [true, ["sent before"], ["another's"]],
    [false, ["not sent yet"], ["sent before", "another's"]],
  ]) {
    const played = new Played();
    played.pause();
    played.add(...was("sent before", { by: "me", sentBy: "me" }));
    played.add(...was("another's", { by: "other", sentBy: null }));
    assert.equal(played.add(...was("not sent yet", { by: "me", sentBy: null })), "id of not sent yet");
    played.resume("me", isRepeatable);
    assert.deepEqual([played.sent, played.unsent], expected);
  }
});
