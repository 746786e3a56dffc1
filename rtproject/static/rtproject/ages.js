// The age of a time, in the language of the page.

import { pageLanguage } from "./ui_text.js";

const STEPS = [
  // the seconds in a unit, which is also the age from which it is used
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
];
const NOW = 45; // seconds that are not worth counting
const LONG_AGO = 30 * 86_400; // seconds after which the date says more

/**
 * @param {number} milliseconds since then; negative if two machines' clocks differ
 * @param {string} [language]
 * @returns {string} such as "now", "5 minutes ago", "yesterday"
 */
export function age(milliseconds, language = pageLanguage()) {
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < NOW) return words.format(0, "second");
  const [size, unit] = STEPS.find(([step]) => seconds >= step) ?? STEPS.at(-1);
  return words.format(-Math.max(1, Math.floor(seconds / size)), unit);
}

/**
 * Fills a `<time>` element with the age of its `datetime`, or the date if that is long ago; its title has the whole date
 * and time, as the reader's locale writes them.
 * @param {HTMLTimeElement} element
 * @param {number} now Unix time in milliseconds
 */
export function showAge(element, now) {
  const then = new Date(element.dateTime);
  const isLongAgo = now - then > LONG_AGO * 1000;
  const words = isLongAgo ? then.toLocaleDateString(pageLanguage(), { dateStyle: "medium" }) : age(now - then);
  if (element.textContent !== words) element.textContent = words;
  element.title = then.toLocaleString(pageLanguage(), { dateStyle: "full", timeStyle: "medium" });
}
