// The view of the dashboard. It is kept in the address, so it survives a reload and can be bookmarked for a wall.

import { CHARTS } from "./measures.js";
import { RANGES } from "./samples.js";

const DEFAULTS = { range: 3600, chart: "cpu", host: "" };

/** @param {string} hash @returns {{range: number, chart: string, host: string}} */
export function readView(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const range = given.get("range") ?? "";
  const chart = given.get("chart") ?? "";
  return {
    range: Object.hasOwn(RANGES, range) ? Number(range) : DEFAULTS.range,
    chart: Object.hasOwn(CHARTS, chart) ? chart : DEFAULTS.chart,
    host: given.get("host") ?? DEFAULTS.host,
  };
}

/** The address of a view, without the defaults. */
export function viewHash(view) {
  const said = Object.entries(view).filter(([name, value]) => value !== DEFAULTS[name]);
  return `#${new URLSearchParams(said)}`;
}

/** The view of this page. `onChange(view, before)` is called after each change, also by the back button. */
export class View {
  #onChange;
  current = readView(location.hash);

  constructor(onChange) {
    this.#onChange = onChange;
    addEventListener("hashchange", () => this.#read());
  }

  /** The address of this view with some changes. */
  href(changes) {
    return viewHash({ ...this.current, ...changes });
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
