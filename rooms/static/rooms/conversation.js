// Our side of a room: the messages that we have received, and those that we send ("say"). No DOM.

import { environment as browser, reconnectRule, Socket } from "../rtproject/socket.js";
import { asksPassword, newId, parseFrame, roomPath, sayFrame } from "./frames.js";
import { HeldRange } from "./held_range.js";
import { Unconfirmed } from "./unconfirmed.js";

const OLDER_AT_ONCE = 50;
const SOUGHT_AT_ONCE = 200; // the most that the server sends
const TYPING_EVERY = 3000; // ms; the server tells no more often
const TEMPORARY = ["rate_limited", "unavailable"];
const HEARTBEAT = { message: JSON.stringify({ type: "ping" }), isAnswer: (data) => data === '{"type":"pong"}' };

/** The events of a conversation, which a page may leave out. */
const SILENT = {
  /** The connection changed: `{state, code, until}` of `Socket`. "open" is not yet in the room. */
  onState: () => {},
  /** We are in the room: the `welcome` frame. */
  onWelcome: () => {},
  /** The messages so far cannot be continued: the next ones begin a new list. True if some between them are lost. */
  onBegin: () => {},
  /** A `message` or `notice` frame: the next one of the room, in the room's order. See `isOurs` and `isNews`. */
  onMessage: () => {},
  /** The message with this number was deleted: nobody keeps its text. */
  onDeleted: () => {},
  /** The messages and notices before the oldest one, in ascending order; perhaps none. Answers `older()`. */
  onOlder: () => {},
  /** The message of ours with this id is stored; it comes as a `message` as well, if it is not held already. */
  onSaid: () => {},
  /** The message with this id is perhaps not sent: a repeat might show it twice, or end one more connection. */
  onUnsent: () => {},
  /** An `error` frame. It is final unless the message is said again by itself. */
  onError: () => {},
  /** Any other frame, such as `joined` or `left`. */
  onFrame: () => {},
};

/**
 * A conversation in one room, across all its connections.
 *
 * In a room with history it resumes where it was: each message comes once, in the room's order, without a hole, and so do
 * the other numbered frames, notices and deletions. A message that was not confirmed is said again under its id, which the server stores once.
 */
export class Conversation {
  #socket;
  #events;
  #unconfirmed;
  #held = new HeldRange();
  #selves = new Set(); // our ids as a member: without cookies each connection has another one
  #isIn = false;
  #typedAt = -Infinity;
  #now;
  #asked = null; // the `before` of a request for older messages that is not answered yet
  #begunAt = 0; // the room's newest number when it began: messages up to it are no news
  #handlers = {
    welcome: (frame) => this.#welcome(frame),
    message: (frame) => this.#isNext(frame) && this.#message(frame),
    notice: (frame) => this.#isNext(frame) && this.#message(frame),
    deleted: (frame) => this.#isNext(frame) && this.#events.onDeleted(frame.target),
    said: (frame) => this.#said(frame),
    history: (frame) => this.#history(frame),
    error: (frame) => this.#error(frame),
  };

  /**
   * @param {string} room
   * @param {() => string} name the guest's, or ""; asked before each connection
   * @param {Partial<typeof SILENT>} events
   * @param {ReturnType<typeof browser>} environment
   */
  constructor(room, name, events, environment = browser()) {
    this.#events = { ...SILENT, ...events };
    this.#now = environment.now;
    this.#socket = new Socket(() => roomPath(room, name(), this.#held.position), {
      ...environment,
      protocols: ["rtproject.v1"],
      heartbeat: HEARTBEAT,
      onState: (change) => this.#changed(change),
      onMessage: (data) => this.#receive(data),
    });
    this.#unconfirmed = new Unconfirmed(
      ({ id, text }) => this.#socket.send(sayFrame(text, id)),
      (id) => this.#events.onUnsent(id),
      environment,
    );
  }

  /** Connects, or tries again now instead of later. */
  open() {
    this.#socket.open();
  }

  /** Connects anew, for a changed name. */
  reopen() {
    this.#socket.reopen();
  }

  /**
   * Says `text` now, or as soon as there is a connection and all earlier messages are confirmed.
   * @param {string} text not blank
   * @param {{id?: string, sentBy?: string | null, by?: string}} [kept] of a message that was said before, see `Unconfirmed`
   * @returns {string | false} its id in later events; false, and nothing said, when too many wait
   */
  say(text, kept) {
    return this.#unconfirmed.add(text, kept);
  }

  /**
   * Asks for the deletion of the message with this number; `onDeleted` or `onError` gets the answer.
   * @returns {boolean} false, and nothing asked, when we are not in the room
   */
  delete(seq) {
    return this.#isIn && this.#send({ type: "delete", seq, id: newId() });
  }

  /** Does not say the message with this id any more, if it waits. */
  takeBack(id) {
    this.#unconfirmed.settle(id);
  }

  /** Whether a frame is a message from us, from this page or another one. */
  isOurs(frame) {
    return this.#selves.has(frame.from?.id);
  }

  /** Whether a frame is newer than our first connection to the room. */
  isNews(frame) {
    return frame.seq === undefined || frame.seq > this.#begunAt;
  }

  /** The newest number that is held; undefined in a room without history. */
  get newest() {
    return this.#held.position?.since;
  }

  /** Whether the room may have messages older than those that are held. */
  get hasOlder() {
    return this.#held.hasOlder;
  }

  /** Whether the room does not keep all older ones. */
  get isCut() {
    return this.#held.isCut;
  }

  /**
   * Asks for the messages before the oldest one that is held; `onOlder` gets the answer.
   * @returns {boolean} false, and nothing asked, when there are none, or not just now
   */
  older(limit = OLDER_AT_ONCE) {
    if (!this.#isIn || this.#asked !== null || !this.hasOlder) return false;
    this.#asked = this.#held.oldest;
    return this.#send({ type: "history", before: this.#asked, limit });
  }

  /**
   * Brings the message with this number, by asking for all before the oldest one that is held; call it again when some came.
   * @returns {"here" | "coming" | "missing"}
   */
  reach(seq) {
    const { oldest } = this.#held;
    if (!this.#isIn) return "coming";
    if (oldest === null || seq > this.#held.position.since) return seq > this.#begunAt ? "missing" : "coming";
    if (seq >= oldest) return "here";
    if (!this.hasOlder) return "missing";
    this.older(SOUGHT_AT_ONCE);
    return "coming";
  }

  /** Tells the others that we are writing, now and then. */
  type() {
    if (!this.#isIn || this.#now() - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = this.#now();
    this.#send({ type: "typing" });
  }

  /** Notes that the page has dropped its messages up to number `seq`, which can be requested again. */
  forget(seq) {
    this.#held.forget(seq);
  }

  #send(frame) {
    return this.#socket.send(JSON.stringify(frame));
  }

  #changed(change) {
    this.#isIn = false;
    this.#asked = null;
    this.#unconfirmed.pause(change.code < 4000 && reconnectRule(change.code) === "backoff");
    if (change.state === "closed" && !asksPassword(change.code)) this.#unconfirmed.giveUp();
    this.#events.onState(change);
  }

  #receive(data) {
    const frame = parseFrame(data);
    if (frame === null) return;
    if (Object.hasOwn(this.#handlers, frame.type)) this.#handlers[frame.type](frame);
    else this.#events.onFrame(frame);
  }

  #welcome(frame) {
    this.#isIn = true;
    this.#selves.add(frame.you.id);
    if (!frame.recovered) this.#begin(frame);
    this.#events.onWelcome(frame);
    this.#unconfirmed.resume(frame.you.id, frame.history);
  }

  #begin(frame) {
    const before = this.#held.begin(frame.history ? frame : null);
    if (!frame.history) return; // messages without numbers stay on the page
    this.#begunAt = before ?? frame.seq;
    this.#events.onBegin(before !== null);
  }

  #isNext(frame) {
    const place = this.#held.place(frame.seq);
    if (place === "gap") this.#socket.reopen(); // the missing messages come first then
    return place === "next";
  }

  #message(frame) {
    this.#events.onMessage(frame);
    if (this.isOurs(frame)) this.#unconfirmed.settle(frame.id);
  }

  #said(frame) {
    this.#events.onSaid(frame.id);
    this.#unconfirmed.settle(frame.id);
  }

  #history({ messages, more }) {
    const isAnswer = this.#asked !== null && this.#asked === this.#held.oldest;
    this.#asked = null;
    if (!isAnswer) return; // the page has dropped messages meanwhile, and there would be a hole
    this.#held.extend(messages[0]?.seq, more);
    // A message that was deleted comes as such: its deletion tells nothing new.
    this.#events.onOlder(messages.filter(({ type }) => type !== "deleted"));
    for (const frame of messages.filter((message) => this.isOurs(message))) this.#unconfirmed.settle(frame.id);
  }

  #error(frame) {
    if (frame.id === undefined) this.#asked = null; // only `say` has an id
    const isFinal = !TEMPORARY.includes(frame.code) || !this.#unconfirmed.postpone(frame.id);
    this.#events.onError(frame, isFinal);
    if (isFinal) this.#unconfirmed.settle(frame.id);
  }
}
