// The cards of the rooms, updated only where something has changed, so that focus, pointer and reading stay undisturbed.

import { showAge } from "../rtproject/ages.js";
import { fill, pageLanguage } from "../rtproject/ui_text.js";
import { countUnread } from "./seen.js";

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

export class RoomCards {
  #list;
  #template;
  #words;
  #slow; // how many ms our clock is behind the server's
  #cards = new Map(); // by the rooms' names
  #rooms = []; // of the last answer

  /**
   * @param {HTMLElement} list with the cards that came with the page; its `data-now` is the server's Unix time
   * @param {HTMLTemplateElement} template of a card
   * @param {Record<string, string>} words
   */
  constructor(list, template, words) {
    this.#list = list;
    this.#template = template;
    this.#words = words;
    this.#slow = Number(list.dataset.now) * 1000 - Date.now();
    for (const card of list.children) this.#cards.set(card.dataset.room, card);
  }

  /** Shows these rooms, in this order, and no others, as `rooms/.live` tells them. */
  show(rooms) {
    this.#rooms = rooms;
    const place = this.#keepPlace();
    this.#forget(new Set(rooms.map(({ name }) => name)));
    this.#order(rooms.map((room) => this.#fill(room)));
    this.showAges();
    place();
  }

  /** Counts anew what is unread, which the pages of rooms change. */
  showUnread() {
    for (const room of this.#rooms) this.#fillUnread(this.#cards.get(room.name).querySelector(".unread"), room);
  }

  /** Shows how long ago everything was, now. */
  showAges() {
    for (const time of this.#list.querySelectorAll("time")) showAge(time, Date.now() + this.#slow);
  }

  #fill(room) {
    const card = this.#cards.get(room.name) ?? this.#make(room.name);
    const find = (selector) => card.querySelector(selector);
    setText(find(".title"), room.title || room.name);
    setHidden(find(".name"), ["", room.name].includes(room.title));
    setText(find(".members"), room.members?.toLocaleString(pageLanguage()) ?? this.#words.unknown);
    card.toggleAttribute("data-busy", room.members > 0);
    setHidden(find(".guarded"), !room.guarded);
    setHidden(find(".closed"), !room.closed);
    this.#fillUnread(find(".unread"), room);
    setText(find(".by"), room.last_by);
    setText(find(".text"), room.last_text);
    this.#fillLast(find(".last"), room);
    return card;
  }

  #make(name) {
    const card = this.#template.content.firstElementChild.cloneNode(true);
    card.dataset.room = name;
    const link = card.querySelector("a");
    link.setAttribute("href", `${link.getAttribute("href")}${name}/`);
    card.querySelector(".name").textContent = name;
    this.#cards.set(name, card);
    return card;
  }

  #fillUnread(mark, room) {
    const count = countUnread(room);
    setText(mark, count > 0 ? fill(this.#words.unread, { count: count.toLocaleString(pageLanguage()) }) : "");
  }

  #fillLast(cell, { last_at: at, keeps }) {
    if (at === null) return setText(cell, keeps ? this.#words.never : this.#words.notKept);
    let time = cell.querySelector("time");
    if (time === null) cell.replaceChildren((time = document.createElement("time")));
    time.dateTime = at;
  }

  #forget(names) {
    for (const [name, card] of this.#cards) {
      if (names.has(name)) continue;
      const hadFocus = card.contains(document.activeElement);
      card.remove();
      this.#cards.delete(name);
      if (hadFocus) document.getElementById("content").focus();
    }
  }

  // Under a pointer nothing moves: a click that has begun there must not end on another card. The next answer after the
  // pointer has gone brings the order. The card with the focus stays in the document, and the others move around it.
  #order(cards) {
    if (cards.every((card, place) => card === this.#list.children[place])) return;
    if (this.#list.matches(":hover")) return this.#list.append(...cards.filter((card) => !card.isConnected));
    const fixed = cards.indexOf(this.#focused());
    cards.slice(0, Math.max(fixed, 0)).forEach((card) => cards[fixed].before(card));
    this.#list.append(...cards.slice(fixed + 1));
  }

  #focused() {
    return this.#list.querySelector(":scope > :focus-within");
  }

  // Notes the place of the card in view; the returned function scrolls it back there.
  #keepPlace() {
    const isSeen = (card) => card.getBoundingClientRect().bottom > 0;
    const card = this.#focused() ?? (scrollY > 0 ? [...this.#list.children].find(isSeen) : undefined);
    const top = card?.getBoundingClientRect().top;
    return () => {
      if (card?.isConnected) scrollBy({ top: card.getBoundingClientRect().top - top, behavior: "instant" });
    };
  }
}
