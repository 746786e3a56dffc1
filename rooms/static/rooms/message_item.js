// The elements of a room's log: a message, or an announcement.

import { showClock } from "../rtproject/times.js";
import { findCode } from "./code.js";
import { dayOf, showDay } from "./days.js";
import { withLinks } from "./links.js";
import { colors, look } from "./people.js";

const PAUSE = 5 * 60_000; // ms after which a sender is named again
const CAN_REPEAT = ["failed", "unsent"]; // statuses
const CAN_EDIT = [...CAN_REPEAT, "refused"];
const CAN_DROP = [...CAN_EDIT, "waiting"];

export class ItemMaker {
  #templates;
  #words;
  #onAct;
  #moderates;

  /**
   * @param {Document} page with the templates message-template and notice-template; a moderator's has `data-moderates`
   * @param {Record<string, string>} words for each status
   * @param {(action: "again" | "take-back" | "drop", entry) => void} onAct the reader chose what to do with a message
   */
  constructor(page, words, onAct) {
    const template = (id) => page.getElementById(id).content.firstElementChild;
    this.#templates = { message: template("message-template"), notice: template("notice-template") };
    this.#words = words;
    this.#onAct = onAct;
    this.#moderates = page.querySelector("[data-moderates]") !== null;
    colors.onMove = (id) => {
      for (const meta of page.querySelectorAll(`[data-sender^="${CSS.escape(id)} "] .meta`)) meta.dataset.hue = colors.of(id);
    };
  }

  /** The element of an entry, without the parts that depend on the one before: see `relate`. */
  build(entry) {
    const item = this.#templates[entry.frame ? "message" : "notice"].cloneNode(true);
    if (!entry.frame) item.querySelector(".words").textContent = entry.notice.text;
    else if (entry.own || this.#moderates) this.#listen(item, entry);
    this.fill(item, entry);
    return item;
  }

  /** Shows an entry as it is now. */
  fill(item, entry) {
    item.dataset.day = dayOf(entry.at);
    item.querySelector(".fresh").hidden = !entry.isFresh;
    showDay(item.querySelector(".day time"), item.dataset.day);
    showClock(item.querySelector(".foot time"), entry.at);
    const { seq } = entry.frame ?? entry.notice;
    if (seq) item.querySelector(".at").href = `#${seq}`;
    if (entry.frame) this.#fillMessage(item, entry);
  }

  #fillMessage(item, { frame: { from, text, id, seq, deleted }, at, own, status, isNamed = false }) {
    item.classList.toggle("own", own);
    item.toggleAttribute("data-named", isNamed);
    Object.assign(item.dataset, { sender: `${from.id} ${from.name}`, at: at.getTime(), status });
    if (id !== undefined) item.dataset.id = id;
    if (seq !== undefined) item.dataset.seq = seq;
    item.querySelector(".from").textContent = from.name;
    Object.assign(item.querySelector(".meta").dataset, look(from));
    item.querySelector(".you").hidden = !own;
    item.querySelector(".user").hidden = from.guest !== false || from.program === true || from.external === true;
    item.querySelector(".program").hidden = from.program !== true;
    item.querySelector(".text").replaceChildren(...(deleted ? [this.#words.deleted] : withCode(text)));
    item.querySelector(".status").textContent = this.#words[status] ?? "";
    item.toggleAttribute("data-deleted", deleted === true);
    const canDelete = seq !== undefined && !deleted && (own || this.#moderates);
    item.querySelector(".actions").hidden = !canDelete && !CAN_DROP.includes(status);
    item.querySelector(".again").hidden = !CAN_REPEAT.includes(status);
    item.querySelector(".take-back").hidden = !CAN_EDIT.includes(status);
  }

  #listen(item, entry) {
    for (const action of ["again", "take-back", "drop"]) {
      item.querySelector(`.${action}`).addEventListener("click", () => this.#onAct(action, entry));
    }
  }
}

function withCode(text) {
  return findCode(text).flatMap((part) => {
    if (typeof part === "string") return withLinks(part);
    const code = document.createElement("code");
    Object.assign(code, { textContent: part.code, dir: "ltr", translate: false });
    code.classList.toggle("block", part.isBlock);
    return [code];
  });
}

/** Relates an element to the one before it: it shows no day or name that are the same. */
export function relate(item) {
  const before = item.previousElementSibling;
  const isNewDay = before?.dataset.day !== item.dataset.day;
  const isFresh = !item.querySelector(".fresh").hidden;
  item.querySelector(".day").hidden = !isNewDay;
  item.classList.toggle("continued", !isNewDay && !isFresh && isOneTurn(before.dataset, item.dataset));
}

function isOneTurn(before, now) {
  return now.sender !== undefined && before.sender === now.sender && Number(now.at) - Number(before.at) < PAUSE;
}
