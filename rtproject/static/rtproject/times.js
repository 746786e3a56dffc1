// Points in time, as the reader's locale writes them.

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/**
 * Fills a `<time>` element: the time of day, with the date unless it is today.
 * A time that cannot be read shows nothing.
 * @param {HTMLTimeElement} element
 * @param {Date} date
 */
export function showTime(element, date) {
  if (Number.isNaN(date.getTime())) return;
  const isToday = date.toDateString() === new Date().toDateString();
  element.dateTime = date.toISOString();
  element.title = whole.format(date);
  element.textContent = (isToday ? clock : dayAndClock).format(date);
}
