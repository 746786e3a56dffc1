import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import { Poll } from "../../static/rtproject/poll.js";
import { FakeNetwork } from "./support/fake_network.js";

const answerOf = (data) => ({ ok: true, json: async () => data });

// A `Poll` that has begun, whose questions are answered by `respond`, which a test may replace.
class Played extends Poll {
  constructor() {
    const [network, states, answers] = [new FakeNetwork(), [], []];
    super("/some", {
      ...network.environment(),
      every: 5000,
      onState: ({ state, until }) => states.push([state, until]),
      onAnswer: (data) => answers.push(data),
      fetch: async () => this.respond((this.asked += 1)),
    });
    Object.assign(this, { network, states, answers, asked: 0, respond: answerOf });
    this.start();
  }

  async pass(milliseconds) {
    this.network.advance(milliseconds);
    await turn();
  }
}

test("it asks at a steady pace, and first after one interval", async () => {
  const played = new Played();
  await played.pass(4_999);
  assert.deepEqual(played.answers, []);
  await played.pass(1);
  await played.pass(5_000);
  assert.deepEqual([played.answers, played.states], [[1, 2], [["open", 0]]]);
});

test("a failure of any kind is told, and makes the waits longer until an answer comes", async () => {
  const played = new Played();
  const failures = [
    () => ({ ok: false }),
    () => Promise.reject(new TypeError("no network")),
    () => ({ ok: true, json: async () => JSON.parse("<html>") }),
  ];
  for (const respond of [...failures, answerOf]) {
    played.respond = respond;
    await played.pass(played.network.waits[0]);
  }
  const told = [["open", 0], ["waiting", 11_000], ["waiting", 18_000], ["waiting", 27_000], ["open", 27_000]];
  assert.deepEqual([played.states, played.answers, played.network.waits], [told, [4], [5_000]]);
});

test("a page that nobody sees asks nothing until it is shown", async () => {
  const played = new Played();
  played.network.isHidden = true;
  await played.pass(600_000);
  assert.equal(played.asked, 0);
  played.network.show();
  await turn();
  await played.pass(5_000);
  assert.equal(played.asked, 2);
});

test("it asks at once when the network is back or when it is told to, but once at a time", async () => {
  const played = new Played();
  const answer = Promise.withResolvers();
  played.respond = () => answer.promise;
  played.network.comeOnline();
  played.ask();
  assert.equal(played.asked, 1);
  answer.resolve(answerOf("late"));
  await turn();
  assert.deepEqual([played.answers, played.network.waits], [["late"], [5_000]]);
});
