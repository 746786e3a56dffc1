// The list of messages: what others said, and the life of what we say, from "sending" to "sent" or "not sent".

import { showTime } from "../rtproject/times.js";

const MESSAGES_KEPT = 500;
const NEAR_THE_END = 40; // pixels

const STATUS = { sending: "sending…", sent: "sent", failed: "not sent", unsent: "not sent" };

export class MessageList {
  #pending = new Map(); // id of a message of ours -> its element, until it is confirmed
  #log;
  #list;
  #jump;
  #template;
  #takeBack;

  /**
   * @param {Document} page with the elements log, messages, jump, nothing-yet and message-template
   * @param {(text: string) => void} takeBack gets the text of a message that was not sent, to be edited
   */
  constructor(page, takeBack) {
    const element = (id) => page.getElementById(id);
    [this.#log, this.#list, this.#jump] = [element("log"), element("messages"), element("jump")];
    this.#template = element("message-template").content.firstElementChild;
    this.#takeBack = takeBack;
    this.#jump.addEventListener("click", () => this.#toEnd());
    this.#log.addEventListener("scroll", () => this.#isAtEnd() && (this.#jump.hidden = true));
  }

  /** Shows a `message` frame; `own` says whether it is from us, and then it confirms what we sent under its id. */
  add(frame, own) {
    const waiting = own ? this.#pending.get(frame.id) : undefined;
    if (waiting) this.#pending.delete(frame.id);
    const item = waiting ?? this.#build(frame.from, own);
    this.#fill(item, frame.text, new Date(frame.at));
    this.#setStatus(item, own ? "sent" : "");
    this.#place(item, Boolean(waiting));
  }

  /** Shows a message of ours that is on its way. */
  addPending(id, text, you) {
    const item = this.#build(you, true);
    this.#fill(item, text, new Date());
    this.#setStatus(item, "sending");
    item.dataset.id = id;
    item.querySelector(".take-back").addEventListener("click", () => this.#retract(id, item, text));
    this.#pending.set(id, item);
    this.#place(item, true);
  }

  /** The server refused the message; returns whether it was one of ours. */
  fail(id) {
    const item = this.#pending.get(id);
    if (item) this.#setStatus(item, "failed");
    return Boolean(item);
  }

  /** The connection ended: nobody knows what became of the messages on their way. */
  loseConnection() {
    for (const item of this.#pending.values()) {
      if (item.dataset.status === "sending") this.#setStatus(item, "unsent");
    }
  }

  /** Shows an announcement. */
  addNotice(text) {
    const item = this.#list.ownerDocument.createElement("li");
    item.className = "notice";
    item.textContent = text;
    this.#place(item, false);
  }

  #build(from, own) {
    const item = this.#template.cloneNode(true);
    item.classList.toggle("own", own);
    item.querySelector(".from").textContent = from.name;
    item.querySelector(".you").hidden = !own;
    item.querySelector(".user").hidden = from.guest !== false;
    return item;
  }

  #fill(item, text, time) {
    item.querySelector(".text").textContent = text;
    showTime(item.querySelector("time"), time);
  }

  #setStatus(item, status) {
    const wasAtEnd = this.#isAtEnd();
    item.dataset.status = status;
    item.querySelector(".status").textContent = STATUS[status] ?? "";
    item.querySelector(".take-back").hidden = status !== "failed" && status !== "unsent";
    if (wasAtEnd) this.#toEnd(); // the button makes the message taller
  }

  #retract(id, item, text) {
    this.#pending.delete(id);
    item.remove();
    this.#takeBack(text);
  }

  // Everybody's order is the server's, so what is still on its way stays below what has arrived.
  #place(item, follow) {
    const wasAtEnd = this.#isAtEnd();
    this.#log.querySelector("#nothing-yet")?.remove();
    const next = item.dataset.status === "sending" ? null : this.#list.querySelector('[data-status="sending"]');
    const isInPlace = item.parentNode !== null && item.nextElementSibling === next;
    if (!isInPlace) this.#list.insertBefore(item, next);
    while (this.#list.childElementCount > MESSAGES_KEPT) this.#forgetOldest();
    if (follow || wasAtEnd) this.#toEnd();
    else this.#jump.hidden = false;
  }

  #forgetOldest() {
    const oldest = this.#list.firstElementChild;
    this.#pending.delete(oldest.dataset.id);
    oldest.remove();
  }

  #isAtEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_THE_END;
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#jump.hidden = true;
  }
}
