import assert from "node:assert/strict";
import { test } from "node:test";

import { Gaps } from "../../static/pulse/gaps.js";

const host = (seconds) => ({ name: "a", at: 1000 * seconds, beat: 5 });

// `Gaps` on a clock that begins at 0; `asked` are the seconds in which samples were asked for.
function begun({ mock }) {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const asked = [];
  const gaps = new Gaps(() => asked.push(Date.now() / 1000));
  const heard = (seconds, gap) => gaps.heard(host(seconds), host(seconds - gap), Date.now());
  const loaded = (kept, ...live) => gaps.loaded({ now: Date.now() / 1000, range: 300, hosts: kept }, live, Date.now());
  const pass = (seconds) => Array.from({ length: seconds }).forEach(() => mock.timers.tick(1000));
  return { gaps, asked, heard, loaded, pass };
}

test("a gap is asked about a little later, once, and not too often", (t) => {
  const { gaps, asked, heard, loaded, pass } = begun(t);
  gaps.heard(host(0), undefined, Date.now());
  heard(0, 12.5); // two beats are none
  pass(10);
  for (let other = 0; other < 50; other += 1) heard(10, 15);
  pass(3);
  loaded({ a: { last: 5 } });
  heard(15, 500); // what came before is in what is kept
  pass(1);
  heard(20, 15);
  pass(60);
  assert.deepEqual(asked, [12, 42]);
});

test("what is kept is asked for until it has caught up with what came live", (t) => {
  const { asked, loaded, pass } = begun(t);
  loaded({ a: { last: 0 } }, host(12));
  pass(60);
  assert.deepEqual(asked, []);
  loaded({ a: { last: 0 } }, host(60));
  pass(60);
  loaded({}, host(120)); // a host that is not in the answer has nothing there
  pass(60);
  assert.deepEqual(asked, [62, 122]);
});

test("a clock that is wrong is not taken for a gap", (t) => {
  const { asked, loaded, pass } = begun(t);
  for (const wrong of [-3600, -290, 13, 3600]) loaded({}, host(wrong));
  pass(60);
  assert.deepEqual(asked, []);
});
