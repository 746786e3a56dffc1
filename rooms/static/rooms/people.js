// How people look: their initials in a color, the same among the members and beside their messages. No DOM.

const SCALE = 12; // colors, see room.css
const STEP = 5; // to the next color on the scale, far from the one before; prime to SCALE
const words = /[^\s_.-]+/gu;
const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The first letters of the first and the last word of a name. */
export function initials(name) {
  const parts = name.match(words) ?? [name];
  const first = (word) => [...letters.segment(word)][0]?.segment ?? "";
  return [...new Set([parts[0], parts.at(-1)])].map(first).join("").toLocaleUpperCase();
}

/** The colors of people: no two who are present have the same one, as long as the scale lasts. */
export class Colors {
  #given = new Map(); // id -> color
  #present = new Set(); // ids
  #moved = () => {};

  /** `moved(id)` is called when somebody gets another color than before. */
  set onMove(moved) {
    this.#moved = moved;
  }

  /** Notes who is present now. */
  see(ids) {
    const stayed = this.#present;
    this.#present = new Set(ids);
    const taken = new Set();
    for (const id of [...this.#present].sort((a, b) => stayed.has(b) - stayed.has(a))) {
      const before = this.#given.get(id);
      if (before !== undefined && taken.has(before) && taken.size < SCALE) this.#given.delete(id);
      taken.add(this.of(id));
      if (before !== undefined && before !== this.#given.get(id)) this.#moved(id);
    }
  }

  /** The color of the person with this id, a number below SCALE. */
  of(id) {
    if (!this.#given.has(id)) this.#given.set(id, this.#choose(id));
    return this.#given.get(id);
  }

  // The color that the id stands for, or the next one that nobody has, or that nobody present has.
  #choose(id) {
    const sum = Array.from(id).reduce((code, letter) => (code * 31 + letter.codePointAt(0)) % 65_521, 7);
    const order = Array.from({ length: SCALE }, (_, place) => (sum + place * STEP) % SCALE);
    const present = [...this.#present].map((other) => this.#given.get(other));
    const all = new Set(this.#given.values());
    return order.find((color) => !all.has(color)) ?? order.find((color) => !present.includes(color)) ?? order[0];
  }
}

/** The colors in this page. */
export const colors = new Colors();

/** What an element with a person's name needs in its `dataset` to look like that person. */
export function look({ id = "", name }) {
  return { hue: colors.of(id), initials: initials(name) };
}
