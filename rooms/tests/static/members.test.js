import assert from "node:assert/strict";
import { test } from "node:test";

import { Members } from "../../static/rooms/members.js";

const person = (id, name = id) => ({ id, name, guest: true });
const namesOf = ({ named }) => named.map(({ name }) => name);

class Room extends Members {
  constructor(...ids) {
    super();
    this.take({ type: "welcome", you: person("me"), members: ids.map((id) => person(id)), count: ids.length });
  }

  tell(type, member, count) {
    this.take({ type, member, count });
    return [namesOf(this), this.unnamed];
  }
}

test("you come first, and the others as people order names", () => {
  const room = new Room("zoe", "me", "n10", "n9", "Ärmel", "bob", "Anna");
  room.tell("joined", person("bob", "Bob"), 7);
  assert.deepEqual(namesOf(room), ["me", "Anna", "Ärmel", "Bob", "n9", "n10", "zoe"]);
});

test("members come, go, and change their names", () => {
  const room = new Room("me", "bob");
  room.tell("joined", person("ada"), 3);
  room.tell("left", person("bob"), 2);
  room.tell("left", person("nobody"), 2);
  assert.deepEqual(room.tell("joined", person("me", "I"), 2), [["I", "ada"], 0]); // our other page has another name
  assert.deepEqual(["Ada", "Ada"].map((name) => room.meet(person("ada", name))), [true, false]);
  assert.equal(room.meet(person("zoe")), false); // somebody who is gone
  assert.deepEqual([namesOf(room), room.take({ type: "notice" })], [["I", "Ada"], false]);
});

test("where comings and goings are only counted, the last to come are taken for gone", () => {
  const room = new Room("me", "bob", "ada");
  assert.deepEqual(room.tell("count", undefined, 5), [["me", "ada", "bob"], 2]);
  assert.deepEqual(room.tell("count", undefined, 2), [["me", "bob"], 0]);
  assert.deepEqual(room.tell("left", person("ada"), 1), [["me", "bob"], 0]);
  assert.deepEqual(room.tell("count", undefined, 1), [["me"], 0]);
});

test("above 200 there is only the number, and below it names are told again", () => {
  const room = new Room("me", "bob");
  assert.deepEqual(room.tell("joined", person("ada"), 200), [["me", "ada", "bob"], 197]);
  assert.deepEqual(room.tell("count", undefined, 201), [[], 0]);
  assert.deepEqual(room.tell("left", person("bob"), 200), [["me"], 199]);
  assert.deepEqual(room.tell("joined", person("zoe"), 200), [["me", "zoe"], 198]);
});
