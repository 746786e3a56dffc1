import assert from "node:assert/strict";
import { test } from "node:test";

import { backoff, reconnectRule, socketUrl, TIMES } from "../../static/rtproject/socket.js";
import { PlayedSocket } from "./support/played_socket.js";

test("the ranges of the close codes say what to do, also of codes that are not known yet", () => {
  const rules = {
    never: [4000, 4003, 4099],
    backoff: [4100, 4199, 4300, 1000, 1005, 1006, 1011, 1013],
    "at once": [4200, 4299, 1001, 1012],
  };
  for (const [rule, codes] of Object.entries(rules)) for (const code of codes) assert.equal(reconnectRule(code), rule);
});

test("the waits double up to a cap, and each is a random part of it", () => {
  const waits = new PlayedSocket().endings([1006, 1006, 4103, 1006, 1006, 1006]);
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.deepEqual([backoff(0, () => 0), backoff(1, () => 0.25), backoff(1000, () => 0.5)], [0, 1000, 15_000]);
});

test("only a link that held makes the waits short again", () => {
  assert.deepEqual(new PlayedSocket().endings([1006, 1006], TIMES.stable - 1), [1000, 2000]);
  assert.deepEqual(new PlayedSocket().endings([1006, 1006], TIMES.stable), [1000, 1000]);
});

test("'at once' is spread too, and believed once", () => {
  assert.deepEqual(new PlayedSocket().endings([4200, 4200, 1012]), [250, 2000, 4000]);
});

test("a wait tells when it ends", () => {
  const socket = PlayedSocket.opened();
  socket.network.advance(5000);
  socket.link.end(1006);
  assert.deepEqual(socket.changes.at(-1), { state: "waiting", code: 1006, delay: 1000, until: 6000, unopened: 0 });
  assert.equal(socket.until, 6000);
  socket.network.advance(1000);
  assert.deepEqual([socket.changes.at(-1), socket.until], [{ state: "connecting" }, null]);
});

test("a code that says never is obeyed: nothing runs or listens any more", () => {
  const { network, link, changes } = PlayedSocket.opened();
  assert.equal(network.listeners, 2);
  link.end(4003);
  assert.deepEqual(changes.at(-1), { state: "closed", code: 4003 });
  assert.deepEqual([network.waits, network.listeners, network.links.length], [[], 0, 1]);
});

test("an attempt that nobody answers has failed", () => {
  const socket = new PlayedSocket();
  socket.open();
  socket.network.advance(TIMES.connect);
  const { code, unopened } = socket.changes.at(-1);
  assert.deepEqual([socket.link.closedWith, socket.state, code, unopened], [1000, "waiting", 1006, 1]);
});

test("the address of a page becomes that of a socket, with TLS where the page has it", () => {
  assert.equal(socketUrl("/echo", "https://site.example/rooms/?a=1"), "wss://site.example/echo");
  assert.equal(socketUrl("/echo", "http://[::1]:8000/"), "ws://[::1]:8000/echo");
  assert.equal(socketUrl("wss://other.example/x"), "wss://other.example/x");
});

test("open() does nothing where there is a link, and reopen() replaces it", () => {
  const socket = PlayedSocket.opened();
  const { link: old } = socket;
  socket.open();
  assert.equal(socket.link, old);
  socket.reopen();
  socket.open();
  old.hear("old");
  old.end(1000);
  socket.link.accept();
  socket.link.hear("new");
  assert.deepEqual([old.closedWith, socket.heard, socket.network.links.length], [1000, ["new"], 2]);
  assert.deepEqual(socket.states, ["connecting", "open", "connecting", "open"]);
});

test("an open link is closed with the given code, and what comes back is told", () => {
  const socket = PlayedSocket.opened({ heartbeat: { message: "ping" } });
  socket.close(4321);
  assert.deepEqual([socket.link.closedWith, socket.state, socket.send("late")], [4321, "closing", false]);
  socket.link.hear("on its way");
  socket.link.end(4200); // which would mean "at once" otherwise
  socket.close();
  assert.deepEqual([socket.heard, socket.changes.at(-1)], [["on its way"], { state: "closed", code: 4200 }]);
  assert.deepEqual([socket.network.waits, socket.network.listeners, socket.changes.length], [[], 0, 4]);
});

test("it can be closed and opened in every state", () => {
  const socket = new PlayedSocket();
  socket.close();
  socket.open();
  socket.close();
  socket.open();
  socket.link.end(1006);
  socket.close();
  assert.deepEqual(socket.states, ["connecting", "closed", "connecting", "waiting", "closed"]);
  socket.open();
  const { link } = socket;
  link.accept();
  socket.close(3000);
  socket.open();
  link.end(3000);
  assert.deepEqual(socket.states.slice(5), ["connecting", "open", "closing", "connecting"]);
});

test("what is sent without a link is kept, and goes out first with the next one", () => {
  const onState = ({ state }) => state === "open" && socket.send("now");
  const socket = new PlayedSocket({ queue: { frames: 3 }, onState });
  assert.equal(socket.send("before open()"), false);
  socket.open();
  assert.equal(socket.send("connecting"), true);
  socket.link.end(1006);
  assert.equal(socket.send("waiting"), true);
  assert.equal(socket.queued, 2);
  socket.network.advance(1000);
  socket.link.accept();
  assert.deepEqual([socket.link.sent, socket.queued], [["connecting", "waiting", "now"], 0]);
});

test("a full queue refuses by number or size, and without one nothing is kept", () => {
  const all = ["four", new Uint8Array(7), new ArrayBuffer(6), "", "one too many"];
  const sendAll = (options) => {
    const socket = new PlayedSocket(options);
    socket.open();
    const told = all.map((data) => socket.send(data));
    socket.link.accept();
    return [told, socket.link.sent];
  };
  const sent = ["four", new ArrayBuffer(6), ""];
  assert.deepEqual(sendAll({ queue: { frames: 3, size: 10 } }), [[true, false, true, true, false], sent]);
  assert.deepEqual(sendAll({}), [all.map(() => false), []]);
});

test("what can never be sent is given back", () => {
  const socket = new PlayedSocket({ queue: { frames: 9 } });
  socket.open();
  socket.send("one");
  socket.link.end(4003);
  socket.open();
  socket.send("two");
  socket.close();
  assert.deepEqual([socket.unsent, socket.queued, socket.send("three")], [["one", "two"], 0, false]);
});

test("with isWelcome, nothing is sent on a link before its welcome", () => {
  const socket = PlayedSocket.opened({ queue: { frames: 1, size: 3 }, isWelcome: (data) => data === "welcome" });
  socket.send("one");
  socket.link.hear("not yet");
  socket.link.end(4101);
  socket.network.advance(1000);
  socket.link.accept();
  assert.deepEqual([socket.link.sent, socket.queued], [[], 1]);
  socket.link.hear("welcome");
  socket.send("two");
  socket.reopen();
  socket.link.accept();
  assert.equal(socket.send("six"), true); // the queue has room again
  assert.deepEqual(socket.network.links.map(({ sent }) => sent), [[], ["one", "two"], []]);
  assert.deepEqual(socket.heard, ["not yet", "welcome"]);
});
