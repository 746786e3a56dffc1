// Figures and times as people read them. A missing value or no number becomes a dash.

import { pageLanguage } from "../rtproject/ui_text.js";

const MISSING = "–";
const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const digits = (least, most = least) => new Intl.NumberFormat(pageLanguage(), { minimumFractionDigits: least, maximumFractionDigits: most });
const [whole, oneDigit, twoDigits, short] = [digits(0), digits(1), digits(2), digits(0, 1)];
const times = (options) => new Intl.DateTimeFormat(pageLanguage(), options);
const seconds = times({ timeStyle: "medium" });
const minutes = times({ timeStyle: "short" });
const datesAndHours = times({ month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const dates = times({ month: "short", day: "numeric" });
const DAY = 86_400; // seconds

const written = (write) => (value) => (Number.isFinite(value) ? write(value) : MISSING);

/** A share of 0 to 100. */
export const percent = written((value) => `${oneDigit.format(value)} %`);

/** The same, for an axis. */
export const roundPercent = written((value) => `${whole.format(value)} %`);

function size(number, format) {
  let unit = 0;
  for (; number >= 1024 && unit < SIZES.length - 1; unit += 1) number /= 1024;
  return `${(unit === 0 || number >= 100 ? whole : format).format(number)} ${SIZES[unit]}`;
}

/** A number of bytes. */
export const bytes = written((number) => size(number, oneDigit));

/** Bytes per second. */
export const rate = written((number) => `${size(number, oneDigit)}/s`);

/** The same, for an axis. */
export const roundRate = written((number) => `${size(number, short)}/s`);

/** A number of things. */
export const count = written((number) => whole.format(number));

/** How many processes ran or waited to run, on an average. */
export const load = written((average) => twoDigits.format(average));

/** A number for an axis. */
export const roundNumber = written((number) => short.format(number));

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
 * A tick of an axis: with seconds or the date where the step asks for it.
 * @param {number} time Unix seconds
 * @param {number} step seconds from one tick to the next
 */
export function moment(time, step) {
  const date = new Date(time * 1000);
  const isMidnight = date.getHours() + date.getMinutes() + date.getSeconds() === 0;
  if (step >= DAY || (isMidnight && step >= 3_600)) return dates.format(date);
  return (step < 60 ? seconds : minutes).format(date);
}

/** The moment that is marked in a chart of `range` seconds: exact, and with its date if the chart has many days. */
export function marked(time, range) {
  return (range > DAY ? datesAndHours : seconds).format(time * 1000);
}

/** The reader's time zone and how far it is from UTC. @param {number} now Unix ms */
export function timeZone(now) {
  const { timeZone: name } = seconds.resolvedOptions();
  const offset = times({ timeZoneName: "shortOffset" }).formatToParts(now).find(({ type }) => type === "timeZoneName").value;
  return name === "UTC" || name === offset ? name : `${name} (${offset})`;
}
