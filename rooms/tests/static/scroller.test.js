import assert from "node:assert/strict";
import { test } from "node:test";

import { Scroller } from "../../static/rooms/scroller.js";

// As much of a log as `Scroller` uses, whose reader is at its end.
class FakeLog extends EventTarget {
  clientHeight = 200;
  #height = 1000;
  #top = 0;
  #frames = [];

  constructor() {
    super();
    globalThis.ResizeObserver = class {
      observe() {}
    };
    globalThis.requestAnimationFrame = (run) => this.#frames.push(run);
    this.scroller = new Scroller(this, { isWhole: () => true, onFollow() {}, onTop() {}, onBottom() {} });
    this.scroller.toEnd();
  }

  get scrollHeight() {
    return this.#height;
  }

  get scrollTop() {
    return this.#top;
  }

  set scrollTop(top) {
    this.#top = Math.min(top, this.#height - this.clientHeight);
  }

  grow(pixels) {
    this.#height += pixels;
    this.scrollTop = this.#top; // which is less, where it got smaller
    if (pixels > 0) this.scroller.grows();
  }

  /** The next frame of the screen; returns how much is below what the reader sees. */
  show() {
    this.dispatchEvent(new Event("scroll"));
    this.#frames.splice(0).forEach((run) => run());
    this.dispatchEvent(new Event("scroll"));
    return this.#height - this.#top - this.clientHeight;
  }
}

test("a log that gets smaller before it grows leads nobody away from its end", () => {
  const log = new FakeLog();
  log.grow(-20);
  log.grow(150);
  assert.deepEqual([log.show(), log.scroller.follows], [0, true]);
});

test("a reader who goes up is not led back by what comes in the same moment", () => {
  const log = new FakeLog();
  log.scrollTop -= 100;
  log.grow(50);
  assert.deepEqual([log.show(), log.scroller.follows], [150, false]);
  log.grow(50);
  assert.equal(log.show(), 200);
});

test("a reader further up is not taken to the end of a list that begins anew", () => {
  const log = new FakeLog();
  log.scrollTop -= 100;
  log.show();
  log.grow(-800);
  log.show();
  log.grow(900);
  assert.deepEqual([log.scroller.follows, log.scrollTop], [false, 0]);
});
