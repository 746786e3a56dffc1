// The list of members: beside the log, or on a phone behind a button with their number.

import { fill } from "../rtproject/ui_text.js";
import { look } from "./people.js";

export class MemberPanel {
  #page;
  #panel;
  #button;
  #heading;
  #list;
  #more;
  #template;
  #members;
  #words;
  #isPlanned = false; // an update, once for each repaint: many members may come at once
  #isStale = false;

  /**
   * @param {Document} page with the elements members, show-members, members-heading, member-list, members-more, member-template
   * @param {import("./members.js").Members} members
   * @param {{here: string, hereBefore: string, unnamed: string, ban: string}} words with places `{count}` and `{name}`
   */
  constructor(page, members, words) {
    const element = (id) => page.getElementById(id);
    [this.#panel, this.#button, this.#heading] = [element("members"), element("show-members"), element("members-heading")];
    [this.#list, this.#more] = [element("member-list"), element("members-more")];
    this.#template = element("member-template").content.firstElementChild;
    this.#page = page;
    this.#members = members;
    this.#words = words;
    this.#button.addEventListener("click", () => this.#toggle());
    element("hide-members").addEventListener("click", () => this.#toggle(false));
    this.#panel.addEventListener("keydown", (event) => event.key === "Escape" && this.#toggle(false));
  }

  /** Whether the list is outdated, since there is no connection. */
  set isStale(isStale) {
    if (this.#isStale === isStale) return;
    this.#isStale = isStale;
    if (this.#members.count > 0) this.changed();
  }

  /** To be called when members came or went. */
  changed() {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => {
      this.#isPlanned = false;
      this.#show();
    });
  }

  #show() {
    const { count, named, unnamed } = this.#members;
    const here = this.#isStale ? this.#words.hereBefore : this.#words.here;
    this.#button.textContent = this.#heading.textContent = fill(here, { count });
    this.#panel.toggleAttribute("data-stale", this.#isStale);
    this.#button.hidden = this.#heading.hidden = false;
    this.#list.replaceChildren(...named.map((person, place) => this.#item(person, place === 0)));
    this.#list.hidden = named.length === 0;
    this.#more.textContent = unnamed > 0 ? fill(this.#words.unnamed, { count: unnamed }) : "";
  }

  #item(person, isYou) {
    const item = this.#template.cloneNode(true);
    item.querySelector("bdi").textContent = person.name;
    Object.assign(item.dataset, look(person));
    item.querySelector(".you").hidden = !isYou;
    item.querySelector(".user").hidden = person.guest !== false || person.external === true;
    const ban = item.querySelector(".ban"); // for staff
    if (ban === null) return item;
    ban.hidden = isYou;
    ban.setAttribute("href", ban.getAttribute("href") + person.id);
    ban.setAttribute("aria-label", fill(this.#words.ban, { name: person.name }));
    return item;
  }

  // Only on a phone; else the panel is there anyway.
  #toggle(isOpen = !("open" in this.#panel.dataset)) {
    const hasFocus = this.#panel.contains(this.#page.activeElement);
    this.#panel.toggleAttribute("data-open", isOpen);
    this.#button.setAttribute("aria-expanded", isOpen);
    if (isOpen) this.#panel.focus();
    else if (hasFocus) this.#button.focus();
  }
}
