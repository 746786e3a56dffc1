// For the dashboard: the page's clock and its WebSocket in a test's hands, so that hours of pulses take seconds.

let now = 1_800_000_000_000;
Date.now = () => now;

globalThis.WebSocket = class {
  readyState = 1;

  constructor() {
    globalThis.link = this;
    queueMicrotask(() => this.onopen());
  }

  close() {}
};

const frame = (host, at, number) => ({
  ...{ type: "pulse", host, at: new Date(at).toISOString(), seq: Math.floor(at / 5000), interval: 5 },
  ...{ cpu: number % 100, cores: [1, 2, 3, 4].map((core) => (number * core) % 100), load: [1, 1, 1] },
  ...{ memory: { percent: number % 90, used: 1e9, total: 2e9 }, swap: { percent: 0, used: 0, total: 0 } },
  ...{ disk: { percent: 40, used: 4e10, total: 1e11 }, network: { sent: number, received: number }, uptime: number },
});

/** Lets so many hosts send so many pulses each; the screen is drawn as often as it wants. */
globalThis.play = async (beats, hosts) => {
  for (let beat = 0; beat < beats; beat += 1) {
    now += 5000;
    for (let host = 0; host < hosts; host += 1) {
      globalThis.link.onmessage({ data: JSON.stringify(frame(`host-${host}`, now, beat + host)) });
    }
    if (beat % 6 === 0) await new Promise(requestAnimationFrame);
  }
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
};
