// Figures in human units. What is missing or no number becomes a dash.

const MISSING = "–";
const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

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

/** @param {{percent: number, used: number, total: number} | undefined} store memory, swap or a disk */
export function filling(store) {
  if (store?.total === 0) return "none";
  return store ? `${whole.format(store.percent)} %, ${bytes(store.used)} of ${bytes(store.total)}` : MISSING;
}

/** @param {number[] | undefined} averages of 1, 5 and 15 minutes */
export function load(averages) {
  return Array.isArray(averages) ? averages.map((value) => twoDigits.format(value)).join("  ") : MISSING;
}

/** A time span in its two largest units. @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return MISSING;
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [Math.floor(seconds) % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ") || "0 s";
}
