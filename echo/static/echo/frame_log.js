// The list of frames and of events of the connection.

import { fill, pageLanguage } from "../rtproject/ui_text.js";
import { byteCount, formatHex, readable } from "./bytes.js";

const ROWS_KEPT = 300;
const SHOWN = 2000; // characters or bytes of one frame

const language = pageLanguage();
const clock = new Intl.DateTimeFormat(language, {
  hourCycle: "h23", // "AM" behind milliseconds is hard to read
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const number = new Intl.NumberFormat(language);

/** A time span as people read it. @param {number} milliseconds */
export function span(milliseconds) {
  const digits = milliseconds < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: "millisecond",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(milliseconds);
}

const clip = (shown, isWhole) => (isWhole ? shown : `${shown} …`);

export class FrameLog {
  #box;
  #list;
  #template;
  #words;
  #isPlanned = false; // scrolling, once for each repaint: measuring for each of a thousand rows would take seconds

  constructor(box, list, template, words) {
    this.#box = box;
    this.#list = list;
    this.#template = template;
    this.#words = words;
  }

  /**
   * @param {"sent" | "received"} direction
   * @param {string | Uint8Array} data
   * @param {string} note
   * @returns {HTMLElement} its row
   */
  addFrame(direction, data, note = "") {
    const isText = typeof data === "string";
    const row = this.#add(direction, isText ? this.#textSize(data) : this.#bytesSize(data));
    row.dataset.kind = isText ? "text" : "bytes";
    const shown = isText ? data.slice(0, SHOWN) : formatHex(data.subarray(0, SHOWN));
    row.querySelector(".data").textContent = clip(shown, data.length <= SHOWN);
    const reading = isText || data.length > SHOWN ? null : readable(data);
    if (reading !== null) row.querySelector(".reading").textContent = fill(this.#words.asText, { text: reading });
    this.note(row, note);
    return row;
  }

  /** A sentence about the connection. */
  addEvent(sentence) {
    const row = this.#add("connection", "");
    row.querySelector(".data").textContent = sentence;
  }

  /** Adds a note to a frame. */
  note(row, note, isBad = false) {
    row.querySelector(".note").textContent = note;
    row.toggleAttribute("data-bad", isBad);
  }

  clear() {
    this.#list.replaceChildren();
  }

  #textSize(text) {
    const values = { characters: number.format([...text].length), bytes: number.format(byteCount(text)) };
    return fill(this.#words.text, values);
  }

  #bytesSize(bytes) {
    return fill(this.#words.bytes, { bytes: number.format(bytes.length) });
  }

  #add(direction, kind) {
    this.#followTheEnd();
    const row = this.#template.content.firstElementChild.cloneNode(true);
    row.dataset.direction = direction;
    row.querySelector(".direction").textContent = this.#words[direction];
    row.querySelector(".kind").textContent = kind;
    const now = new Date();
    const time = row.querySelector("time");
    time.dateTime = now.toISOString();
    time.textContent = clock.format(now);
    this.#list.append(row);
    while (this.#list.childElementCount > ROWS_KEPT) this.#list.firstElementChild.remove();
    return row;
  }

  // To be called before the list grows: a reader at its end stays there.
  #followTheEnd() {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    const isAtEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < 40;
    requestAnimationFrame(() => {
      this.#isPlanned = false;
      if (isAtEnd) this.#box.scrollTop = this.#box.scrollHeight;
    });
  }
}
