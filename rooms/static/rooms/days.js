// The days of a conversation, in the reader's time and locale.

import { pageLanguage } from "../rtproject/ui_text.js";

const CHECK_EVERY = 60_000; // ms; a timer until midnight would be wrong after a laptop slept

const wholeDay = new Intl.DateTimeFormat(pageLanguage(), { dateStyle: "full" });
const relativeDay = new Intl.RelativeTimeFormat(pageLanguage(), { numeric: "auto" });

/** The reader's day of a date, as `2026-01-31`; "" if it is invalid. */
export function dayOf(date) {
  if (Number.isNaN(date.getTime())) return "";
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** Shows a day in its `<time>` element: by its distance if that is short, else by weekday and date. */
export function showDay(element, day) {
  element.lang = wholeDay.resolvedOptions().locale; // not the page's
  element.dateTime = day;
  element.textContent = name(day);
}

function name(day) {
  const passed = Math.round((midnight(dayOf(new Date())) - midnight(day)) / 86_400_000);
  if (passed !== 0 && passed !== 1) return wholeDay.format(midnight(day));
  const words = relativeDay.format(-passed, "day");
  return words.charAt(0).toLocaleUpperCase(pageLanguage()) + words.slice(1);
}

function midnight(day) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}

/** Names the days of a list's items anew, when another one has begun. */
export function renameDays(list) {
  let today = dayOf(new Date());
  setInterval(() => {
    const now = dayOf(new Date());
    if (now === today) return;
    today = now;
    for (const item of list.children) showDay(item.querySelector(".day time"), item.dataset.day);
  }, CHECK_EVERY);
}
