// The name of a guest: shown, and changed in place. Users who are logged in have the name of their account.

import { currentName, loadName, saveName, writtenName } from "./guest_name.js";

export class NameForm {
  #form;
  #input;
  #button;
  #shown;
  #words;

  /**
   * @param {Document} page with the element your-name and, for guests, change-name, name-form and guest-name
   * @param {{badName: string}} words
   * @param {() => void} onChange there is another name to connect with
   */
  constructor(page, words, onChange) {
    const element = (id) => page.getElementById(id);
    [this.#form, this.#input, this.#button] = [element("name-form"), element("guest-name"), element("change-name")];
    this.#shown = element("your-name");
    this.#words = words;
    if (this.isGuest) this.#listen(onChange);
  }

  get isGuest() {
    return this.#form !== null;
  }

  /** The chosen name, to connect with, or "". */
  get name() {
    return this.isGuest ? currentName() : "";
  }

  /** This visitor as a person, before the room's welcome. */
  get you() {
    return { name: this.#shown.textContent, guest: this.isGuest };
  }

  /**
   * Shows the name that the room knows us by.
   * @returns {string} an error if it is not the chosen one, or ""
   */
  show(name) {
    this.#shown.textContent = name;
    return this.name && writtenName(this.name) !== name ? this.#words.badName : "";
  }

  #listen(onChange) {
    this.#input.value = loadName();
    this.#button.addEventListener("click", () => this.#toggle(this.#form.hidden));
    this.#form.addEventListener("keydown", (event) => event.key === "Escape" && this.#toggle(false));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      saveName(this.#input.value.trim());
      this.#toggle(false);
      onChange();
    });
  }

  #toggle(isOpen) {
    this.#form.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", isOpen);
    if (isOpen) this.#input.select();
    else this.#button.focus();
  }
}
