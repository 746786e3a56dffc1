// The scene: all data that the parts of the page draw at one moment. No DOM.

const SLICES = 120; // the charts move on by one of so many parts of their range at a time

/**
 * The part of time that charts show: the same for all of them, and moving on in small jumps, so that a chart is drawn
 * anew for a new sample and not for each second that passes.
 * @param {number} now Unix ms, by the server's clock
 * @param {number} range seconds
 * @returns {{from: number, to: number}} Unix seconds
 */
export function spanAt(now, range) {
  const jump = range / SLICES;
  const to = Math.ceil(now / 1000 / jump) * jump;
  return { from: to - range, to };
}

export class Scene {
  /**
   * @param {import("./hosts.js").Hosts} hosts
   * @param {import("./samples.js").Samples} samples
   * @param {import("./alerts.js").Alerts} alerts
   * @param {Record<string, number>} thresholds by chart
   * @param {{range: number, chart: string, host: string}} view
   * @param {boolean} isQuiet whether no pulses arrive at all
   * @param {number | null} time of the crosshair, Unix seconds
   * @param {number} now Unix ms, by the clock by which hosts are seen
   * @param {number} serverNow Unix ms, by the server's
   * @param {{from: number, to: number}} span of the charts, see `spanAt`
   */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** @param {import("./hosts.js").Host} host @returns {"live" | "stale" | "gone"} */
  state(host) {
    return this.hosts.state(host, this.now);
  }

  /** The scale of a host's charts, for the crosshair. */
  scale(host) {
    const series = this.samples.of(host.name);
    const step = series?.step ?? host.beat;
    const newest = series?.newest ?? Math.floor(this.span.to / step);
    return { span: this.span, step, last: (newest + 0.5) * step };
  }
}
