import assert from "node:assert/strict";
import { test } from "node:test";

import { Entries } from "../../static/rooms/entries.js";
import { MOST_SHOWN, Shown } from "../../static/rooms/shown.js";

// As much of a list element and its items as `Shown` uses.
class FakeList {
  items = [];

  get firstElementChild() {
    return this.items[0] ?? null;
  }

  insertBefore(item, before) {
    this.items.splice(before === null ? this.items.length : this.items.indexOf(before), 0, item);
  }

  make({ name }) {
    const { items } = this;
    const place = () => items.findIndex((item) => item.name === name);
    const remove = () => items.splice(place(), 1);
    return Object.defineProperty({ name, remove }, "nextElementSibling", { get: () => items[place() + 1] ?? null });
  }
}

// A room's entries and the stretch of them that is shown.
class Log {
  entries = new Entries();
  list = new FakeList();
  related = [];
  waiting = [];
  #made = 0;

  constructor() {
    const relate = ({ name }) => this.related.push(name);
    this.shown = new Shown(this.list, this.entries, { build: (entry) => this.list.make(entry), relate, onRemove() {} });
  }

  message(status = "") {
    this.#made += 1;
    return { name: `m${this.#made}`, frame: { id: this.#made }, status };
  }

  add(count, isFollowed) {
    for (let i = 0; i < count; i += 1) this.shown.added(this.entries.add(this.message()), isFollowed);
  }

  addWaiting() {
    this.waiting.push(this.message("sending"));
    this.shown.added(this.entries.addWaiting(this.waiting.at(-1)), true);
  }

  remove(entry) {
    this.shown.removed(this.entries.remove(entry), entry);
  }

  addOlder(count) {
    this.entries.addFirst(Array.from({ length: count }, () => this.message()));
    this.shown.addedFirst(count);
  }

  drop(most) {
    const dropped = this.entries.dropFirst(Math.min(most, this.shown.earlier));
    this.shown.droppedFirst(dropped.length);
    this.waiting = this.waiting.filter((entry) => !dropped.includes(entry));
  }

  get names() {
    return this.list.items.map(({ name }) => name);
  }

  /** The names of what should be shown, where it should be. */
  get expected() {
    return this.names.map((_, place) => this.entries.at(this.shown.earlier + place)?.name);
  }
}

test("what has a new neighbor is related to it", () => {
  const log = new Log();
  log.add(1, true);
  log.addWaiting();
  log.add(1, true);
  log.remove(log.entries.at(1));
  log.addOlder(1);
  log.shown.showEarlier();
  assert.deepEqual(log.related, ["m1", "m2", "m3", "m2", "m2", "m4", "m1"]);
});

test("any order of events leaves a stretch of the entries in their order", () => {
  const log = new Log();
  const { shown } = log;
  let state = 20_260_131;
  const random = (below) => (state = (state * 48_271) % 2_147_483_647) % below;
  const steps = [
    () => log.add(1 + random(80), true),
    () => log.add(1 + random(80), false),
    () => log.addWaiting(),
    () => log.waiting.splice(random(log.waiting.length + 1), 1).forEach((entry) => log.remove(entry)),
    () => log.addOlder(random(60)),
    () => (shown.showEarlier(), shown.trimLast()),
    () => (shown.showLater(), shown.trimFirst()),
    () => shown.showEnd(),
    () => log.drop(random(40)),
  ];
  for (let step = 0; step < 1000; step += 1) {
    steps[random(steps.length)]();
    if (random(3)) shown.trimFirst();
    assert.equal(log.names.join(), log.expected.join(), `step ${step}`);
    assert.equal(shown.isAtEnd, shown.earlier + log.names.length === log.entries.length, `step ${step}`);
  }
  assert.ok(log.entries.length > MOST_SHOWN);
});
