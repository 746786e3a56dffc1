import assert from "node:assert/strict";
import { test } from "node:test";

import { Hosts, HOSTS_KEPT, silence } from "../../static/pulse/hosts.js";

const NOON = 1_800_000_000; // Unix seconds
const at = (seconds) => 1000 * (NOON + seconds);
const pulse = (seconds, fields) => ({
  ...{ host: "a", cpu: 1, at: new Date(at(seconds)).toISOString() },
  ...{ seq: Math.floor((NOON + seconds) / 5), interval: 5, ...fields },
});

function connected(seconds) {
  const hosts = new Hosts();
  hosts.connected(at(seconds));
  return hosts;
}

test("a host is silent after 3 of its own beats in which others sent theirs", () => {
  for (const beat of [1, 5, 60]) {
    const hosts = connected(-1000);
    const host = hosts.accept(pulse(0, { seq: NOON / beat, interval: beat }), at(0));
    const states = [3, 3.1].map((beats) => {
      hosts.accept(pulse(beats * beat, { host: "b", seq: NOON / beat, interval: beat }), at(beats * beat));
      return hosts.state(host, at(beats * beat));
    });
    assert.deepEqual(states, ["live", "silent"]);
  }
});

test("a silence that may be the page's own is not known to be the host's", () => {
  const hosts = connected(-1000);
  const host = hosts.accept(pulse(0), at(0));
  const state = (seconds) => hosts.state(hosts.get("a"), at(seconds));
  assert.equal(state(1000), "unknown");
  hosts.connected(at(1000));
  const others = [1004, 1014, 1016].map((seconds) => {
    hosts.accept(pulse(seconds, { host: "b" }), at(seconds));
    return state(seconds);
  });
  assert.deepEqual(others, ["unknown", "unknown", "silent"]);
  assert.equal(hosts.state({ ...host, missedAt: at(16) }, at(16)), "silent"); // the store had nothing newer
});

test("the store tells when a host was seen, and forgets no newer pulse", () => {
  const hosts = connected(-1000);
  hosts.accept(pulse(0), at(0));
  hosts.remember("a", at(-60), at(-60), 5, at(10));
  hosts.remember("b", at(-60), at(-60), 5, at(10));
  assert.deepEqual(hosts.all().map((host) => hosts.state(host, at(10))), ["live", "silent"]);
});

test("a single pulse tells the beat by its number, or else by what it covers", () => {
  const beatOf = (fields) => connected(0).accept(pulse(0, fields), at(0)).beat;
  assert.deepEqual([0.2, 5, 45].map((interval) => beatOf({ interval })), [5, 5, 5]);
  assert.deepEqual([1, 1e15].map((seq) => beatOf({ seq, interval: 7 })), [7, 7]);
});

test("a machine whose clock is wrong is not silent for it", () => {
  const ages = [-3600, 3600].map((wrong) => silence(connected(-60).accept(pulse(wrong), at(0)), at(7)));
  assert.deepEqual(ages, [7, 7]);
});

test("a stored pulse is as old as it says, up to the three beats after which a host is silent", () => {
  const ages = [0, -8, -500, 300].map((age) => silence(connected(0).accept(pulse(age), at(0.5)), at(0.5)));
  assert.deepEqual(ages, [0, 8, 15, 0]);
});

test("a repeated or late pulse is no news, unless the machine's clock was set back", () => {
  const hosts = connected(-60);
  hosts.remember("a", at(0), at(0), 5, at(0)); // a stored sample does not keep the pulse away
  const isNews = [0, 0, -5, -50, -51, -46].map((seconds) => hosts.accept(pulse(seconds), at(0)) !== null);
  assert.deepEqual(isNews, [true, false, false, false, true, true]);
});

test("new names without end push out the longest silent, and a day of silence is forgotten", () => {
  const hosts = connected(-60);
  for (let n = 0; n < HOSTS_KEPT + 50; n += 1) hosts.accept(pulse(n, { host: `h-${n}` }), at(n));
  assert.deepEqual([hosts.all().length, hosts.all()[0].name], [HOSTS_KEPT, "h-50"]);
  assert.equal(hosts.forgetBefore(at(HOSTS_KEPT + 49)).length, HOSTS_KEPT - 1);
  assert.deepEqual(hosts.all().map(({ name }) => name), [`h-${HOSTS_KEPT + 49}`]);
});
