// What the pulses say about each host, within bounded memory. No DOM. Times are Unix milliseconds.

/** Samples a host keeps: what the line shows, and what is asked for when connecting. */
export const SAMPLES_KEPT = 60;
const HOSTS_KEPT = 200;
const STALE_AFTER = 3; // beats without a pulse
const CLOCK_SET_BACK = 10; // beats: a pulse so much older than the last is no late one, its host's clock was set back

/**
 * Seconds between two pulses of a host. `interval` is only what the sample covers, and the first one covers
 * less; but `seq` counts the beats since 1970, so it tells the beat from a single frame.
 */
export function beat(frame) {
  const seconds = Math.round(Date.parse(frame.at) / frame.seq) / 1000;
  return seconds >= frame.interval / 2 && seconds <= 3_600 ? seconds : frame.interval;
}

export class Hosts {
  #hosts = new Map();
  #connection = 0;
  #openedAt = 0;

  /** A new connection: it will tell the recent samples again, so they replace the ones we have. */
  connected(now) {
    this.#connection += 1;
    this.#openedAt = now;
  }

  /**
   * Takes a pulse frame; returns the host it belongs to, or null if it says nothing new.
   * @returns {{name: string, samples: {at: number, cpu: number}[], latest: object, seenAt: number} | null}
   */
  accept(frame, now) {
    const at = Date.parse(frame.at);
    if (typeof frame.host !== "string" || !Number.isFinite(at) || !Number.isFinite(frame.cpu)) return null;
    const host = this.#host(frame.host);
    const newest = host.samples.at(-1)?.at ?? -Infinity;
    if (newest - at > CLOCK_SET_BACK * beat(frame) * 1000) host.samples = [];
    else if (at <= newest) return null;
    host.samples.push({ at, cpu: frame.cpu });
    if (host.samples.length > SAMPLES_KEPT) host.samples.shift();
    host.latest = frame;
    host.seenAt = this.#seenAt(at, now);
    this.#forgetSilent();
    return host;
  }

  // A live pulse has just been sent, whatever the clocks of the two machines say. The ones told
  // on connecting may be old, and of those only the host's clock knows.
  #seenAt(at, now) {
    const isLive = now - this.#openedAt > 2_000;
    return isLive ? now : Math.min(at, now);
  }

  #host(name) {
    let host = this.#hosts.get(name);
    if (host === undefined || host.connection !== this.#connection) {
      host = { ...host, name, samples: [], connection: this.#connection };
      this.#hosts.set(name, host);
    }
    return host;
  }

  #forgetSilent() {
    if (this.#hosts.size <= HOSTS_KEPT) return;
    const all = [...this.#hosts.values()];
    this.#hosts.delete(all.reduce((a, b) => (b.seenAt < a.seenAt ? b : a)).name);
  }

  get(name) {
    return this.#hosts.get(name);
  }

  /** All hosts, by name. */
  all() {
    return [...this.#hosts.values()].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  }
}

/** Seconds since the host's last pulse if that is too long, else null. */
export function silence(host, now) {
  const seconds = (now - host.seenAt) / 1000;
  return seconds > STALE_AFTER * beat(host.latest) ? Math.floor(seconds) : null;
}
