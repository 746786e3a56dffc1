// The members of a room. No DOM.

import { pageLanguage } from "../rtproject/ui_text.js";
import { colors } from "./people.js";

const NAMED_UP_TO = 200; // in a fuller room the server only counts

const byName = new Intl.Collator(pageLanguage(), { sensitivity: "base", numeric: true });

export class Members {
  #known = new Map(); // id -> person; in a room with many members only some
  #you = null;
  count = 0;

  /**
   * Takes a frame about members: `welcome`, `joined`, `left` or `count`.
   * @returns {boolean} whether it was one
   */
  take(frame) {
    const takers = { welcome: () => this.#begin(frame), joined: () => this.#join(frame), left: () => this.#leave(frame), count: () => this.#trim(frame) };
    if (!Object.hasOwn(takers, frame.type)) return false;
    takers[frame.type]();
    this.count = frame.count;
    if (!this.isNamed) this.#known.clear(); // `left` is not told any more
    colors.see(this.#known.keys());
    return true;
  }

  /**
   * Notes the sender of a message, who may have another name by now, which no other frame tells.
   * @returns {boolean} whether that changes anything
   */
  meet(person) {
    const known = this.#known.get(person.id);
    if (known === undefined || known.name === person.name) return false;
    this.#known.set(person.id, person);
    return true;
  }

  /** Whether there are few enough to be named. */
  get isNamed() {
    return this.count <= NAMED_UP_TO;
  }

  /** The members that are known by name: you first, the others in the order of their names. */
  get named() {
    if (!this.isNamed) return [];
    const others = [...this.#known.values()].filter(({ id }) => id !== this.#you.id);
    others.sort((a, b) => byName.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
    return [this.#you, ...others];
  }

  /** How many there are besides those. */
  get unnamed() {
    return this.isNamed ? Math.max(0, this.count - this.named.length) : 0;
  }

  #begin({ you, members }) {
    this.#you = you;
    this.#known = new Map(members.map((member) => [member.id, member]));
  }

  #join({ member }) {
    if (member.id === this.#you.id) this.#you = member; // another page of ours has another name
    this.#known.set(member.id, member);
  }

  #leave({ member }) {
    this.#known.delete(member.id);
  }

  /** Of those that come and go in numbers the server tells only how many there are: the last to come are gone. */
  #trim({ count }) {
    for (const id of [...this.#known.keys()].reverse()) {
      if (this.#known.size > count && id !== this.#you.id) this.#known.delete(id);
    }
  }
}
