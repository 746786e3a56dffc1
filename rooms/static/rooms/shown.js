// The stretch of a room's entries that is on the page, which has a limited number of elements.

export const MOST_SHOWN = 300;
const SHOWN_AT_ONCE = 50;

export class Shown {
  #list;
  #entries;
  #make;
  #first = 0; // index of the first entry that is shown
  #count = 0;

  /**
   * @param {HTMLElement} list
   * @param {import("./entries.js").Entries} entries
   * @param {{build: (entry) => HTMLElement, relate: (element: HTMLElement) => void, onRemove: (element: HTMLElement) => void}} make
   *   `relate` is called when the element before another one has changed, `onRemove` before an element goes
   */
  constructor(list, entries, make) {
    this.#list = list;
    this.#entries = entries;
    this.#make = make;
  }

  /** How many entries there are before those that are shown. */
  get earlier() {
    return this.#first;
  }

  /** Whether the last entry is shown. */
  get isAtEnd() {
    return this.#end === this.#entries.length;
  }

  get #end() {
    return this.#first + this.#count;
  }

  /** Notes an entry added at `index`. At the end it is shown if the end is `followed` or there is room. */
  added(index, followed) {
    const isNext = index === this.#end && this.#end === this.#entries.length - 1;
    if (index < this.#first) this.#first += 1;
    else if (index < this.#end || (isNext && (followed || this.#count < MOST_SHOWN))) this.#show(index);
  }

  /** Notes that the entry at `index` was removed. */
  removed(index, entry) {
    if (index < this.#first) this.#first -= 1;
    else if (index < this.#end) {
      const next = entry.element.nextElementSibling;
      this.#count -= 1;
      this.#hide(entry);
      if (next) this.#make.relate(next);
    }
  }

  /** Notes that `count` entries were added before all others. */
  addedFirst(count) {
    this.#first += count;
  }

  /** Notes that `count` entries before the shown ones were removed. */
  droppedFirst(count) {
    this.#first -= count;
  }

  /** Shows some that come before. */
  showEarlier() {
    const end = this.#first;
    const begin = Math.max(0, end - SHOWN_AT_ONCE);
    const before = this.#list.firstElementChild;
    for (let index = begin; index < end; index += 1) this.#list.insertBefore(this.#element(index), before);
    this.#first = begin;
    this.#count += end - begin;
    this.#relate(begin, end + 1);
  }

  /** Shows some that come after. */
  showLater() {
    const end = Math.min(this.#entries.length, this.#end + SHOWN_AT_ONCE);
    while (this.#end < end) this.#show(this.#end);
  }

  /** Shows the last ones, if it does not already. */
  showEnd() {
    if (this.isAtEnd) return;
    this.clear();
    this.#first = Math.max(0, this.#entries.length - 2 * SHOWN_AT_ONCE);
    while (!this.isAtEnd) this.#show(this.#end);
  }

  /** Shows the entry at `index`, with some around it, if it does not already. */
  showAround(index) {
    if (index >= this.#first && index < this.#end) return;
    this.clear();
    this.#first = Math.max(0, index - SHOWN_AT_ONCE);
    const end = Math.min(this.#entries.length, index + SHOWN_AT_ONCE);
    while (this.#end < end) this.#show(this.#end);
  }

  /** Shows all entries. */
  showAll() {
    while (this.#first > 0) this.showEarlier();
    while (!this.isAtEnd) this.showLater();
  }

  /** Hides the first ones of too many. */
  trimFirst() {
    if (this.#count <= MOST_SHOWN) return;
    while (this.#count > MOST_SHOWN) {
      this.#hide(this.#entries.at(this.#first));
      this.#first += 1;
      this.#count -= 1;
    }
    this.#relate(this.#first, this.#first + 1);
  }

  /** Hides the last ones of too many. */
  trimLast() {
    while (this.#count > MOST_SHOWN) {
      this.#count -= 1;
      this.#hide(this.#entries.at(this.#end));
    }
  }

  /** Shows nothing; to be called before entries change in any other way than those above. */
  clear() {
    for (let index = this.#first; index < this.#end; index += 1) this.#hide(this.#entries.at(index));
    this.#first = 0;
    this.#count = 0;
  }

  #show(index) {
    this.#list.insertBefore(this.#element(index), this.#entries.at(index + 1)?.element ?? null);
    this.#count += 1;
    this.#relate(index, index + 2);
  }

  #element(index) {
    const entry = this.#entries.at(index);
    entry.element ??= this.#make.build(entry);
    return entry.element;
  }

  #hide(entry) {
    this.#make.onRemove(entry.element);
    entry.element.remove();
    entry.element = null;
  }

  #relate(begin, end) {
    for (let index = begin; index < Math.min(end, this.#end); index += 1) this.#make.relate(this.#entries.at(index).element);
  }
}
