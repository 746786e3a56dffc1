// The place to write: the input, the button, and the line for errors.

const canGrow = CSS.supports("field-sizing", "content");
const touch = matchMedia("(hover: none) and (pointer: coarse)"); // its keyboard has no other key for a new line

export class Composer {
  #input;
  #button;
  #complaint;
  #draft;
  #onSay;

  /**
   * @param {Document} page with the elements say-form, say, send and say-error
   * @param {import("./kept.js").Kept} draft keeps what is written until it is said
   * @param {(text: string) => boolean} onSay takes a text that is not blank; if false, it has shown why, and the text stays
   * @param {() => void} onWrite there is a text that is not blank, and it has changed
   */
  constructor(page, draft, onSay, onWrite) {
    const element = (id) => page.getElementById(id);
    [this.#input, this.#button, this.#complaint] = [element("say"), element("send"), element("say-error")];
    this.#draft = draft;
    this.#onSay = onSay;
    element("say-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say();
      this.focus();
    });
    this.#input.addEventListener("keydown", (event) => this.#pressed(event));
    this.#input.addEventListener("input", () => {
      this.#changed();
      if (this.#input.value.trim() !== "") onWrite();
    });
    // The input keeps the focus, or a phone would put its keyboard away.
    this.#button.addEventListener("mousedown", (event) => event.preventDefault());
    this.#input.enterKeyHint = touch.matches ? "enter" : "send";
    this.#input.value = draft.load() ?? "";
    this.#fit();
  }

  /** Whether messages can be sent, now or as soon as there is a connection. */
  set isOpen(isOpen) {
    if (!isOpen && this.#button.matches(":focus")) this.focus();
    this.#button.disabled = !isOpen;
  }

  /** Whether the reader is writing here just now. */
  get isInUse() {
    return this.#input.matches(":focus") && this.#input.value !== "";
  }

  focus() {
    this.#input.focus();
  }

  /** Puts `text` into the input, above the text that is there by now. */
  takeBack(text) {
    this.#input.value = this.#input.value ? `${text}\n${this.#input.value}` : text;
    this.#changed();
    this.focus();
  }

  /**
   * Shows an error.
   * @param {string} words "" takes it back
   * @param {boolean} isDelay whether it is over by itself: see `endDelay`
   */
  complain(words, isDelay = false) {
    this.#complaint.toggleAttribute("data-delay", isDelay);
    if (this.#complaint.textContent !== words) this.#complaint.textContent = words; // else it would be read out again
  }

  /** Takes the error of a delay back. */
  endDelay() {
    if ("delay" in this.#complaint.dataset) this.complain("");
  }

  #say() {
    if (this.#input.value.trim() === "") return;
    if (!this.#onSay(this.#input.value)) return;
    this.#input.value = "";
    this.#changed();
  }

  #pressed(event) {
    // While a word is composed Enter picks it; Safari sends that Enter late, as key 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (touch.matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.#say();
  }

  #changed() {
    this.#draft.save(this.#input.value || null);
    this.#fit();
  }

  #fit() {
    if (canGrow) return;
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight + this.#input.offsetHeight - this.#input.clientHeight}px`;
  }
}
