// Figures and times as people read them. A missing value or no number becomes a dash.

import { pageLanguage } from "../rtproject/ui_text.js";

const MISSING = "–";
const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const whole = new Intl.NumberFormat(pageLanguage(), { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(pageLanguage(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat(pageLanguage(), { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const seconds = new Intl.DateTimeFormat(pageLanguage(), { timeStyle: "medium" });
const minutes = new Intl.DateTimeFormat(pageLanguage(), { timeStyle: "short" });
const daysAndMinutes = new Intl.DateTimeFormat(pageLanguage(), { weekday: "short", hour: "numeric", minute: "2-digit" });
const datesAndHours = new Intl.DateTimeFormat(pageLanguage(), { month: "short", day: "numeric", hour: "numeric" });
const dates = new Intl.DateTimeFormat(pageLanguage(), { month: "short", day: "numeric" });
const DAY = 86_400; // seconds

/** @param {number} value 0 to 100 */
export function percent(value) {
  return Number.isFinite(value) ? `${oneDigit.format(value)} %` : MISSING;
}

/** @param {number} count bytes */
export function bytes(count) {
  if (!Number.isFinite(count)) return MISSING;
  let unit = 0;
  for (; count >= 1024 && unit < SIZES.length - 1; unit += 1) count /= 1024;
  return `${(unit === 0 || count >= 100 ? whole : oneDigit).format(count)} ${SIZES[unit]}`;
}

/** @param {number} count bytes per second */
export function rate(count) {
  return Number.isFinite(count) ? `${bytes(count)}/s` : MISSING;
}

/** @param {number} number of things */
export function count(number) {
  return Number.isFinite(number) ? whole.format(number) : MISSING;
}

/** @param {number} average how many processes ran or waited to run */
export function load(average) {
  return Number.isFinite(average) ? twoDigits.format(average) : MISSING;
}

/** A time span in its two largest units. @param {number} length seconds */
export function duration(length) {
  if (!Number.isFinite(length)) return MISSING;
  const parts = [
    [Math.floor(length / 86_400), "d"],
    [Math.floor(length / 3_600) % 24, "h"],
    [Math.floor(length / 60) % 60, "min"],
    [Math.floor(length) % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ") || "0 s";
}

/**
 * A point in time, as exactly as it matters within `range`.
 * @param {number} time Unix seconds
 * @param {number} range seconds
 */
export function moment(time, range) {
  if (!Number.isFinite(time)) return MISSING;
  const longest = [[300, seconds], [3_600, minutes], [DAY, daysAndMinutes], [7 * DAY, datesAndHours]];
  const [, format] = longest.find(([most]) => range <= most) ?? [range, dates];
  return format.format(time * 1000);
}

/** The moment that is marked in a chart of `range` seconds: exact, and with its date if the chart has many days. */
export function marked(time, range) {
  return moment(time, range > DAY ? 7 * DAY : 300);
}
