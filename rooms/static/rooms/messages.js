// The log of a room: its messages, and the life of ours, from "waiting" and "sending" to "sent" or "not sent".

import { entryOf } from "./entries.js";
import { ItemMaker, relate } from "./message_item.js";
import { Scroller } from "./scroller.js";
import { Shown } from "./shown.js";
import { stepByKeys } from "./steps.js";

const MOST_HELD = 5000; // entries; older ones are the room's to keep, and can be loaded again

export class MessageList {
  #entries;
  #isIn = false;
  #rest = { hasOlder: false, isCut: false }; // of the room's messages
  #fresh = null; // the entry with the mark of the first unseen one
  #list;
  #older;
  #lost;
  #log;
  #maker;
  #shown;
  #scroller;
  #events;

  /**
   * @param {Document} page with the elements log, older, not-kept, messages and the templates of `ItemMaker`
   * @param {import("./entries.js").Entries} entries the messages, none yet
   * @param {Record<string, string>} words for each status of a message
   * @param {object} events
   * @param {(action: string, entry) => void} events.onAct see `ItemMaker`; a message without a number is not here any more
   * @param {() => void} events.onOlder the reader wants older messages than those that are here
   * @param {(seq: number) => void} events.onForget the messages up to this number are not here any more
   * @param {(follows: boolean) => void} events.onFollow the reader came to the end of the log, or left it
   */
  constructor(page, entries, words, events) {
    this.#entries = entries;
    const element = (id) => page.getElementById(id);
    [this.#log, this.#older, this.#list] = [element("log"), element("older"), element("messages")];
    this.#lost = element("not-kept");
    this.#events = events;
    this.#maker = new ItemMaker(page, words, (action, entry) => {
      if (!entry.frame.seq) this.#shown.removed(this.#entries.remove(entry), entry);
      events.onAct(action, entry);
    });
    this.#shown = new Shown(this.#list, this.#entries, {
      build: (entry) => this.#maker.build(entry),
      relate,
      onRemove: (item) => item.contains(page.activeElement) && this.#log.focus(), // the focus never gets lost
    });
    this.#scroller = new Scroller(this.#log, {
      isWhole: () => this.#shown.isAtEnd,
      onFollow: events.onFollow,
      onTop: () => this.wantEarlier(),
      onBottom: () => this.#showLater(),
    });
    this.#older.addEventListener("click", () => this.wantEarlier());
    stepByKeys(this.#log, this.#list);
  }

  /** Whether the reader is at the end of the log. */
  get isFollowed() {
    return this.#scroller.follows;
  }

  /** Whether we are in the room, so that our messages are on their way and do not wait for that. */
  set isIn(isIn) {
    this.#isIn = isIn;
    for (const entry of this.#entries.pending) this.#setStatus(entry, this.#pendingStatus);
  }

  /**
   * Shows a `message` or `notice` frame at the end.
   * @param {object} frame
   * @param {{own: boolean, isFresh?: boolean, isNamed?: boolean}} about `own`: it is ours, and may be one that waits here;
   *   `isFresh`: it is the first one that the reader did not see arrive; `isNamed`: it calls the reader by name
   */
  add(frame, { own, isFresh = false, isNamed = false }) {
    const waiting = own ? this.#entries.waiting(frame.id) : undefined;
    const entry = waiting ?? { own, isFresh, isNamed };
    if (isFresh) this.#markFresh(entry);
    const isInPlace = waiting !== undefined && this.#entries.isInPlace(entry);
    if (waiting && !isInPlace) this.#shown.removed(this.#entries.remove(entry), entry);
    Object.assign(entry, entryOf(frame, own));
    if (isInPlace) this.#refresh(entry);
    else this.#append(this.#entries.add(entry));
    this.#entries.settle(entry);
  }

  /** Drops the text of the message with this number, and shows that it was deleted. */
  delete(seq) {
    const entry = this.#entries.numbered(seq);
    if (entry === undefined) return;
    const hadFocus = entry.element?.contains(this.#list.ownerDocument.activeElement);
    entry.frame = { ...entry.frame, text: "", deleted: true };
    this.#refresh(entry);
    if (hadFocus) this.#log.focus(); // its buttons are gone
  }

  /** Shows a message of ours that waits to be confirmed, or has `status`, and leads the reader there. */
  addWaiting(id, text, you, { at = new Date(), status = this.#pendingStatus } = {}) {
    this.#markFresh(null);
    const entry = { frame: { id, text, from: you }, at, own: true, status };
    this.#append(this.#entries.addWaiting(entry));
    this.toEnd();
  }

  /**
   * Takes older frames, messages and notices, and shows them above the others, which stay where they are on the screen.
   * @param {[frame: object, own: boolean][]} messages in ascending order
   * @param {{hasOlder: boolean, isCut: boolean}} older see `offerOlder`
   */
  addOlder(messages, older) {
    this.#entries.addFirst(messages.map(([frame, own]) => this.#olderEntry(frame, own)));
    this.#shown.addedFirst(messages.length);
    this.#rest = older;
    if (this.#shown.earlier === messages.length) this.#showEarlier();
    else this.#offerOlder();
  }

  /** Whether the room has older messages than those that are here, and whether it has lost some. */
  offerOlder({ hasOlder, isCut }) {
    this.#rest = { hasOlder, isCut };
    this.#offerOlder();
  }

  /** Shows more messages above, or asks for them. */
  wantEarlier() {
    if (this.#shown.earlier > 0) this.#showEarlier();
    else if (this.#rest.hasOlder) this.#events.onOlder();
  }

  /** Does the same if the reader has come to the top, and waits there. */
  lookUp() {
    if (this.#scroller.isNearTop && !this.isFollowed) this.wantEarlier();
  }

  /**
   * Leads the reader to the message with this number, or the next one that is here, and marks it.
   * @returns {boolean} whether there is one
   */
  reveal(seq) {
    const index = this.#entries.indexFrom(seq);
    if (index < 0) return false;
    this.#shown.showAround(index);
    this.#offerOlder();
    const { element } = this.#entries.at(index);
    for (const item of this.#list.querySelectorAll("[data-linked]")) delete item.dataset.linked;
    element.dataset.linked = "";
    this.#scroller.reveal(element);
    element.querySelector(".at").focus({ preventScroll: true });
    return true;
  }

  /** Leads the reader to the end of the log. */
  toEnd() {
    this.#shown.showEnd();
    this.#shown.trimFirst();
    this.#scroller.toEnd();
    this.#offerOlder();
  }

  /**
   * Shows the status of a message of ours.
   * @param {string} id
   * @param {"sent" | "failed" | "refused" | "unsent"} status see `Entry`
   */
  mark(id, status) {
    const entry = this.#entries.waiting(id);
    if (entry) this.#setStatus(entry, status);
  }

  /** Begins anew: leaves only messages of ours that the room does not have yet. */
  clear() {
    this.#shown.clear();
    this.#entries.clear();
    this.#shown.showEnd();
    if (this.isFollowed) this.#scroller.toEnd();
  }

  /** Shows everything that is here, to be printed. */
  showAll() {
    this.#scroller.hold(() => this.#shown.showAll());
    this.#offerOlder();
  }

  get #pendingStatus() {
    return this.#isIn ? "sending" : "waiting";
  }

  #setStatus(entry, status) {
    if (entry.status === status) return;
    this.#entries.setStatus(entry, status);
    this.#refresh(entry);
  }

  #append(index) {
    this.#scroller.grows();
    this.#shown.added(index, this.isFollowed);
    if (this.isFollowed) this.#shown.trimFirst();
    this.#forget();
    this.#offerOlder();
  }

  // Drops many at once, since dropping one takes as long.
  #forget() {
    if (this.#entries.length < MOST_HELD + 500) return;
    const count = Math.min(this.#entries.length - MOST_HELD, this.#shown.earlier);
    const last = this.#entries.dropFirst(count).map(({ frame, notice }) => (frame ?? notice).seq).findLast((seq) => seq !== undefined);
    this.#shown.droppedFirst(count);
    if (last !== undefined) this.#events.onForget(last);
  }

  #showEarlier() {
    this.#scroller.hold(() => {
      this.#shown.showEarlier();
      this.#offerOlder();
      if (this.isFollowed) this.#shown.trimFirst();
    });
    if (!this.isFollowed) this.#shown.trimLast();
  }

  #showLater() {
    this.#shown.showLater();
    this.#scroller.hold(() => this.#shown.trimFirst());
    this.#offerOlder();
  }

  #offerOlder() {
    const isOffered = this.#rest.hasOlder || this.#shown.earlier > 0;
    if (!isOffered && this.#older === this.#list.ownerDocument.activeElement) this.#log.focus();
    this.#older.hidden = !isOffered;
    this.#lost.hidden = !this.#rest.isCut || this.#shown.earlier > 0;
  }

  #olderEntry(frame, own) {
    const waiting = own ? this.#entries.waiting(frame.id) : undefined;
    if (waiting) this.#shown.removed(this.#entries.remove(waiting), waiting);
    return entryOf(frame, own);
  }

  #refresh(entry) {
    if (!entry.element) return;
    this.#scroller.grows(); // the buttons make a message taller
    this.#maker.fill(entry.element, entry);
    relate(entry.element);
    if (entry.element.nextElementSibling) relate(entry.element.nextElementSibling);
  }

  #markFresh(entry) {
    const before = this.#fresh;
    this.#fresh = entry;
    if (before === null) return;
    before.isFresh = false;
    this.#refresh(before);
  }
}
