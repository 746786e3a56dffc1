// The question for a room's password, answered without leaving the page.

import { Countdown } from "../rtproject/countdown.js";

const RATE_LIMITED = 4101;

export class PasswordPrompt {
  #form;
  #input;
  #button;
  #errors;
  #countdown;
  #words;
  #onAdmitted;

  /**
   * @param {Document} page with the elements password-form, password, enter, password-errors and password-wait
   * @param {object} words the group `password` of the page's
   * @param {() => void} onAdmitted the password was right: the session's cookie lets the page in
   */
  constructor(page, words, onAdmitted) {
    const element = (id) => page.getElementById(id);
    [this.#form, this.#input, this.#button] = [element("password-form"), element("password"), element("enter")];
    this.#errors = element("password-errors");
    this.#countdown = new Countdown(element("password-wait"));
    this.#words = words;
    this.#onAdmitted = onAdmitted;
    if (!navigator.cookieEnabled) this.#complain({ problem: "cookies" });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  focus() {
    this.#input.focus();
  }

  async #submit() {
    if (this.#button.ariaDisabled === "true") return;
    this.#button.ariaDisabled = "true"; // not `disabled`: that would take the focus away
    this.#errors.textContent = ""; // so that the same words are said again
    const answer = await this.#ask();
    this.#button.ariaDisabled = null;
    this.#input.value = "";
    this.#complain(answer);
    if (answer.refused === null) this.#onAdmitted();
    else this.focus();
  }

  /** @returns {Promise<{refused: number | null, wait?: number} | {problem: string}>} `wait` in seconds */
  async #ask() {
    try {
      const body = new FormData(this.#form);
      const response = await fetch(this.#form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (response.ok) return await response.json();
      if (response.status < 500) return { problem: navigator.cookieEnabled ? "stale" : "cookies" };
      return { problem: "unreachable" };
    } catch {
      return { problem: "unreachable" };
    }
  }

  #complain({ refused, wait, problem }) {
    this.#countdown.stop();
    const words = problem ? this.#words[problem] : (this.#words.refusals[refused] ?? "");
    this.#errors.textContent = words;
    this.#input.ariaInvalid = words ? "true" : null;
    if (refused === RATE_LIMITED) this.#makeWait(wait);
  }

  #makeWait(wait) {
    this.#button.ariaDisabled = "true";
    this.#countdown.start(Date.now() + wait * 1000, this.#words.wait, this.#words.again, () => {
      this.#errors.textContent = "";
      this.#button.ariaDisabled = null;
    });
  }
}
