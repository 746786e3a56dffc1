// The view of the dashboard. It is kept in the address, so it survives a reload and can be bookmarked for a wall.

import { CHARTS } from "./figures.js";
import { RANGES } from "./samples.js";

/** `range` 0: not chosen; `from` and `to` of a zoom, Unix seconds. */
const DEFAULTS = { range: 0, chart: "cpu", host: "", q: "", from: 0, to: 0 };
const HOUR = 3_600;
const SHORTEST = 300;

/** @param {string} hash @returns {typeof DEFAULTS} */
export function readView(hash) {
  const given = Object.fromEntries(new URLSearchParams(hash.replace(/^#/, "")));
  const view = { ...DEFAULTS, host: given.host ?? "", q: given.q ?? "" };
  if (Object.hasOwn(RANGES, given.range ?? "")) view.range = Number(given.range);
  if (Object.hasOwn(CHARTS, given.chart ?? "")) view.chart = given.chart;
  const [from, to] = [Number(given.from), Number(given.to)];
  return from > 0 && to > from && Number.isFinite(to) ? { ...view, from, to } : view;
}

/** The address of a view, without the defaults. */
export function viewHash(view) {
  const said = Object.entries(view).filter(([name, value]) => value !== DEFAULTS[name]);
  return `#${new URLSearchParams(said)}`;
}

/**
 * The range that a view opens with where none was chosen: that in which there is data.
 * @param {number} oldest seconds since the first sample of what is shown
 * @param {number} newest and since the last one
 */
export function fittingRange(oldest, newest) {
  if (oldest < SHORTEST) return SHORTEST;
  return Object.keys(RANGES).map(Number).find((range) => range >= HOUR && newest < range) ?? HOUR;
}

/** The range to load for a view that is zoomed: the finest that holds it. @param {number} now Unix seconds */
export function rangeOf({ from }, range, now) {
  return from === 0 ? range : (Object.keys(RANGES).map(Number).find((each) => now - from <= each) ?? range);
}

/** The view of this page. `onChange(view, before)` is called after each change, also by the back button. */
export class View {
  #onChange;
  current = readView(location.hash);

  constructor(onChange) {
    this.#onChange = onChange;
    addEventListener("hashchange", () => this.#read());
  }

  /** The address of this view with some changes. A zoom and a search are of what is shown, and not of another host. */
  href(changes) {
    const kept = "host" in changes ? { from: 0, to: 0 } : {};
    return viewHash({ ...this.current, ...kept, ...changes });
  }

  /** Changes the view without a step in the browser's history. */
  set(changes) {
    history.replaceState(null, "", this.href(changes));
    this.#enter({ ...this.current, ...changes });
  }

  // Other fragments are places on the page, such as that of the skip link.
  #read() {
    if (location.hash === "" || location.hash.includes("=")) this.#enter(readView(location.hash));
  }

  #enter(view) {
    const before = this.current;
    this.current = view;
    if (viewHash(before) !== viewHash(view)) this.#onChange(view, before);
  }
}
