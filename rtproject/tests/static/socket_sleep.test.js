// `socket.js` when the network goes and comes, and the page is hidden, shown and put to sleep.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PlayedSocket } from "./support/played_socket.js";

// On a link that is asked with "ping" after 10 s of silence, and has 4 s to answer.
const played = () => PlayedSocket.opened({ heartbeat: { message: "ping" } });

function hidden() {
  const socket = new PlayedSocket();
  socket.network.isHidden = true;
  return socket;
}

test("a browser that is offline waits long, and tries soon when it is back", () => {
  const socket = new PlayedSocket({}, "ws://elsewhere.example/echo");
  const { network } = socket;
  network.isOnline = false;
  socket.open();
  socket.link.end(1006);
  assert.deepEqual(network.waits, [30_000]);
  network.comeOnline();
  assert.deepEqual(network.waits, [250]);
  network.advance(250);
  socket.link.end(4101); // a wait that the server asks for is not cut short
  network.comeOnline();
  assert.deepEqual(network.waits, [2000]);
});

test("a server on this machine can be reached without a network", () => {
  const socket = new PlayedSocket();
  socket.network.isOnline = false;
  assert.deepEqual(socket.endings([1006]), [1000]);
});

test("a hidden page tries once soon and then seldom, and at once when it is shown", () => {
  const socket = hidden();
  assert.deepEqual(socket.endings([4200, 1006, 1006]), [250, 62_000, 64_000]);
  socket.link.end(1006);
  socket.network.show();
  assert.deepEqual([socket.state, socket.network.links.length], ["connecting", 5]);
});

test("a page that is shown does not cut short a wait that the server asked for", () => {
  const socket = hidden();
  const { network } = socket;
  socket.endings([4101]);
  socket.link.end(4101);
  assert.deepEqual(network.waits, [62_000]);
  network.advance(500);
  network.show();
  network.show();
  assert.deepEqual([network.waits, socket.changes.at(-1).delay], [[1500], 1500]);
});

test("a silent link is asked, and given up as lost", () => {
  const { network, link, changes } = played();
  network.advance(9_000);
  link.hear("hello");
  network.advance(9_999);
  assert.deepEqual(link.sent, []);
  network.advance(1);
  assert.deepEqual(link.sent, ["ping"]);
  network.advance(3_999);
  assert.equal(link.closedWith, null);
  network.advance(1);
  assert.deepEqual([link.closedWith, changes.at(-1).state, changes.at(-1).code], [1000, "waiting", 1006]);
});

test("anything that comes is a sign of life", () => {
  const { network, link, changes } = played();
  network.advance(10_000);
  for (let second = 0; second < 100; second += 5) {
    link.hear("chatter");
    network.advance(5_000);
  }
  assert.deepEqual([changes.length, link.sent, network.waits.length], [2, ["ping"], 1]);
});

test("answers are not handed on, and each question is made anew", () => {
  let number = 0;
  const message = () => `ping ${(number += 1)}`;
  const heartbeat = { every: 3_000, timeout: 1_000, message, isAnswer: (data) => data.startsWith("pong") };
  const { network, link, heard } = PlayedSocket.opened({ heartbeat });
  network.advance(3_000);
  ["pong 1", "news"].forEach((data) => link.hear(data));
  network.advance(3_000);
  assert.deepEqual([link.sent, heard], [["ping 1", "ping 2"], ["news"]]);
});

test("without a message silence alone ends the link", () => {
  const { network, link, changes } = PlayedSocket.opened({ heartbeat: { every: 15_000, timeout: 0 } });
  network.advance(14_999);
  assert.equal(changes.length, 2);
  network.advance(1);
  assert.deepEqual([changes.at(-1).state, link.sent], ["waiting", []]);
});

test("a page that slept asks again, up to twice, before it believes the silence", () => {
  const socket = played();
  const { network, link } = socket;
  const sleep = () => {
    network.pause(60_000);
    network.advance(0);
    return socket.state;
  };
  network.advance(10_000);
  assert.equal(sleep(), "open");
  link.hear("an answer that waited behind the late timer");
  network.advance(10_000);
  assert.deepEqual([sleep(), sleep(), sleep()], ["open", "open", "waiting"]);
  assert.deepEqual(link.sent, Array(5).fill("ping"));
});

test("a link is asked at once, and once, when the page is shown or the network is back", () => {
  const { network, link, changes } = played();
  network.show();
  network.comeOnline();
  assert.deepEqual(link.sent, ["ping"]);
  link.hear("here");
  network.comeOnline();
  network.advance(4_000);
  assert.deepEqual([link.sent, changes.at(-1).state], [["ping", "ping"], "waiting"]);
});

test("a clock that is set back does not stop the heartbeat", () => {
  const { network, link } = played();
  network.advance(5_000);
  link.hear("hello");
  network.pause(-3_600_000);
  network.advance(3_600_000 + 20_000);
  assert.deepEqual([link.sent[0], link.closedWith], ["ping", 1000]);
});
