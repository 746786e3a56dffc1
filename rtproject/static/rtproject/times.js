// Points in time, as the reader's locale writes them.

import { pageLanguage } from "./ui_text.js";

const hoursAndMinutes = new Intl.DateTimeFormat(pageLanguage(), { timeStyle: "short" });
const clock = new Intl.DateTimeFormat(pageLanguage(), { timeStyle: "medium" });
const dayAndClock = new Intl.DateTimeFormat(pageLanguage(), { dateStyle: "medium", timeStyle: "short" });
const whole = new Intl.DateTimeFormat(pageLanguage(), { dateStyle: "full", timeStyle: "long" });

/**
 * Fills a `<time>` element: the time of day, with the date unless it is today.
 * A time that cannot be read shows nothing.
 * @param {HTMLTimeElement} element
 * @param {Date} date
 */
export function showTime(element, date) {
  const isToday = date.toDateString() === new Date().toDateString();
  show(element, date, isToday ? clock : dayAndClock);
}

/** As `showTime`, with hours and minutes alone: for a list that tells the days by itself. */
export function showClock(element, date) {
  show(element, date, hoursAndMinutes);
}

function show(element, date, format) {
  if (Number.isNaN(date.getTime())) return;
  element.lang = format.resolvedOptions().locale; // not the page's
  element.dateTime = date.toISOString();
  element.title = whole.format(date);
  element.textContent = format.format(date);
}
