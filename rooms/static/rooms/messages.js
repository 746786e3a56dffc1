// The list of messages: what others said, and the life of what we say, from "sending" to "sent" or "not sent".

import { showTime } from "../rtproject/times.js";
import { Scroller } from "./scroller.js";

const MESSAGES_KEPT = 500;

const STATUS = { sending: "sending…", sent: "sent", failed: "not sent", unsent: "not sent" };
const OPEN = ["sending", "failed", "unsent"]; // what only this page knows of

export class MessageList {
  #waiting = new Map(); // id of a message of ours -> its element, until it comes as a `message`
  #kept = MESSAGES_KEPT;
  #list;
  #older;
  #log;
  #template;
  #scroller;
  #takeBack;
  #onForget;

  /**
   * @param {Document} page with the elements log, older, messages, jump and message-template
   * @param {(text: string) => void} takeBack gets the text of a message that was not sent, to be edited
   * @param {(seq: number) => void} onForget the messages up to this number are not in the list any more
   */
  constructor(page, takeBack, onForget) {
    const element = (id) => page.getElementById(id);
    [this.#log, this.#older, this.#list] = [element("log"), element("older"), element("messages")];
    this.#template = element("message-template").content.firstElementChild;
    this.#scroller = new Scroller(this.#log, element("jump"));
    this.#takeBack = takeBack;
    this.#onForget = onForget;
  }

  /** Shows a `message` frame at the end; `own` says whether it is ours, and then it may be one that waits here. */
  add(frame, own) {
    const isAwaited = own && this.#waiting.has(frame.id);
    this.#scroller.grows({ news: !isAwaited });
    this.#append(this.#shown(frame, own));
    while (this.#list.childElementCount > this.#kept) this.#forgetOldest();
  }

  /**
   * Shows older `message` frames above the others, which stay where they are on the screen.
   * @param {[frame: object, own: boolean][]} messages in ascending order
   * @param {boolean} hasOlder whether there are still older ones
   */
  addOlder(messages, hasOlder) {
    this.#scroller.hold(() => {
      this.#list.prepend(...messages.map(([frame, own]) => this.#shown(frame, own)));
      this.offerOlder(hasOlder);
    });
    this.#kept = this.#list.childElementCount + MESSAGES_KEPT; // the new ones do not push out what was asked for
  }

  /** Offers to load older messages, or not. */
  offerOlder(isOffered) {
    if (!isOffered && this.#older === this.#list.ownerDocument.activeElement) this.#log.focus(); // the focus never gets lost
    this.#older.hidden = !isOffered;
  }

  /** Shows a message of ours that waits to be confirmed. */
  addWaiting(id, text, you) {
    const item = this.#build(true);
    this.#fill(item, { from: you, text, at: new Date() });
    item.dataset.id = id;
    item.querySelector(".take-back").addEventListener("click", () => this.#retract(id, item, text));
    this.#waiting.set(id, item);
    this.#scroller.grows({ follow: true });
    this.#setStatus(item, "sending");
    this.#list.append(item);
  }

  /**
   * What became of a message of ours.
   * @param {string} id
   * @param {"sent" | "failed" | "unsent"} status "failed": it was refused; "unsent": nobody knows
   */
  mark(id, status) {
    const item = this.#waiting.get(id);
    if (!item) return;
    this.#scroller.grows(); // the button makes the message taller
    this.#setStatus(item, status);
  }

  /** Shows an announcement. */
  addNotice(text) {
    const item = this.#list.ownerDocument.createElement("li");
    item.className = "notice";
    item.textContent = text;
    this.#scroller.grows({ news: true });
    this.#append(item);
  }

  /** Begins anew: leaves only what we say and the room has not yet. */
  clear() {
    this.#scroller.grows();
    this.#kept = MESSAGES_KEPT;
    for (const item of [...this.#list.children]) {
      if (!OPEN.includes(item.dataset.status)) item.remove();
    }
  }

  // The element of a `message` frame: one that waited for it, or a new one.
  #shown(frame, own) {
    const item = (own && this.#waiting.get(frame.id)) || this.#build(own);
    if (own) this.#waiting.delete(frame.id);
    this.#fill(item, frame);
    if (frame.seq !== undefined) item.dataset.seq = frame.seq;
    this.#setStatus(item, own ? "sent" : "");
    return item;
  }

  #build(own) {
    const item = this.#template.cloneNode(true);
    item.classList.toggle("own", own);
    item.querySelector(".you").hidden = !own;
    return item;
  }

  #fill(item, { from, text, at }) {
    item.querySelector(".from").textContent = from.name;
    item.querySelector(".user").hidden = from.guest !== false;
    item.querySelector(".text").textContent = text;
    showTime(item.querySelector("time"), new Date(at));
  }

  #setStatus(item, status) {
    item.dataset.status = status;
    item.querySelector(".status").textContent = STATUS[status] ?? "";
    item.querySelector(".take-back").hidden = status !== "failed" && status !== "unsent";
  }

  #retract(id, item, text) {
    this.#waiting.delete(id);
    item.remove();
    this.#takeBack(text);
  }

  // Everybody's order is the server's, so what is still on its way stays below what has arrived.
  #append(item) {
    const next = this.#list.querySelector('[data-status="sending"]');
    const isInPlace = item.parentNode !== null && item.nextElementSibling === next;
    if (!isInPlace) this.#list.insertBefore(item, next);
  }

  #forgetOldest() {
    const oldest = this.#list.firstElementChild;
    this.#waiting.delete(oldest.dataset.id);
    oldest.remove();
    if (oldest.dataset.seq !== undefined) this.#onForget(Number(oldest.dataset.seq));
  }
}
