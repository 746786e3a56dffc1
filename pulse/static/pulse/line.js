// The line of the recent CPU use, as SVG paths in a box of 300 by 100. No DOM.

import { SAMPLES_KEPT } from "./hosts.js";

const WIDTH = 300;
const HEIGHT = 100;
const GAP = 2.5; // beats without a sample that the line does not bridge

/** The samples in unbroken runs. */
function runs(samples, beat) {
  const result = [];
  samples.forEach((sample, i) => {
    if (i === 0 || sample.at - samples[i - 1].at > GAP * beat * 1000) result.push([]);
    result.at(-1).push(sample);
  });
  return result;
}

/**
 * @param {{at: number, cpu: number}[]} samples ascending; `at` in ms, `cpu` in percent
 * @param {number} beat seconds between two samples
 * @returns {{stroke: string, area: string}} path data; the right edge is the newest sample
 */
export function linePaths(samples, beat) {
  const newest = samples.at(-1)?.at;
  const span = (SAMPLES_KEPT - 1) * beat * 1000;
  const x = ({ at }) => (WIDTH * (1 - (newest - at) / span)).toFixed(1);
  const y = ({ cpu }) => (HEIGHT - 2 - (HEIGHT - 4) * (cpu / 100)).toFixed(1); // 2: half of the stroke's width
  const lines = runs(samples, beat).map((run) => ({
    points: run.map((sample) => `${x(sample)} ${y(sample)}`).join("L"),
    from: x(run[0]),
    to: x(run.at(-1)),
  }));
  return {
    stroke: lines.map(({ points, to }) => `M${points}H${to}`).join(""),
    area: lines.map(({ points, from, to }) => `M${points}V${HEIGHT}H${from}Z`).join(""),
  };
}
