// Notifications of the browser, for a reader who asked for them: silent while the page is seen.

import { Kept } from "./kept.js";

const REST = 5000; // ms between two, unless one's own name was called

export class Notifier {
  #page;
  #button;
  #kept = new Kept("localStorage", "notify");
  #last = -Infinity;

  /**
   * @param {Document} page with the element notify, a button that is shown where the browser can notify
   * @param {() => void} onDenied the browser does not let the page notify
   */
  constructor(page, onDenied) {
    this.#page = page;
    this.#button = page.getElementById("notify");
    this.#button.hidden = !(globalThis.isSecureContext && globalThis.Notification);
    this.#button.ariaPressed = this.#isOn;
    this.#button.addEventListener("click", () => this.#toggle(onDenied));
  }

  /** Notifies of a message that has just come, if nobody sees the page. */
  tell(title, text, isUrgent) {
    if (this.#page.visibilityState === "visible" || !this.#isOn) return;
    if (!isUrgent && Date.now() - this.#last < REST) return;
    this.#last = Date.now();
    try {
      const shown = new Notification(title, { body: text.slice(0, 200), tag: location.pathname });
      shown.onclick = () => globalThis.focus();
    } catch {
      this.#set(false); // a phone's browser lets no page do it
    }
  }

  get #isOn() {
    return this.#kept.load() === true && globalThis.Notification?.permission === "granted";
  }

  async #toggle(onDenied) {
    const isWanted = !this.#isOn;
    if (isWanted && (await Notification.requestPermission()) !== "granted") return onDenied();
    this.#set(isWanted);
  }

  #set(isOn) {
    this.#kept.save(isOn || null);
    this.#button.ariaPressed = this.#isOn;
  }
}
