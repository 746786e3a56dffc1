// The hosts, and whether their pulses still come. No DOM. Times are Unix milliseconds.

export const HOSTS_KEPT = 300;
const SILENT_AFTER = 3; // beats (see `beat`) without a pulse
const CLOCK_SET_BACK = 10; // beats: a pulse that much older than the last is not late, its host's clock was set back
const REPLAY = 2_000; // ms after connecting in which the stored pulses arrive

const SHORTEST = 0.05; // seconds; beyond these limits, `seq` does not count beats
const LONGEST = 3_600;

/**
 * The beat of a host: the seconds between two of its pulses. `interval` is only what the sample covers: the first one
 * covers less, and one after missed ticks more. But `seq` counts the beats since 1970, so one frame is enough.
 */
export function beat(frame) {
  const seconds = Math.round(Date.parse(frame.at) / frame.seq) / 1000;
  return seconds >= SHORTEST && seconds <= LONGEST ? seconds : frame.interval;
}

/**
 * A host: `latest` is its newest pulse frame, null when only stored samples tell of it; `at` the time that its
 * own clock gave that pulse, `seenAt` when it came by the clock of `accept`, `missedAt` when the store had nothing
 * newer; `beat` in seconds.
 * @typedef {{name: string, latest: object | null, at: number, seenAt: number, missedAt: number, beat: number}} Host
 */
export class Hosts {
  #hosts = new Map();
  #openedAt = Infinity; // when the last connection began
  #heardAt = -Infinity; // when a live pulse of any host came

  /** Notes a new connection, on which the newest pulse of each live host comes first. */
  connected(now) {
    this.#openedAt = now;
  }

  /**
   * Takes a pulse frame; returns its host, or null if it says nothing new.
   * @param {object} frame
   * @param {number} now
   * @param {(time: number) => number} here turns a time of the frame into one of the clock of `now`
   * @returns {Host | null}
   */
  accept(frame, now, here = (time) => time) {
    const at = Date.parse(frame.at);
    const isSound = typeof frame.host === "string" && Number.isFinite(frame.seq) && Number.isFinite(frame.cpu);
    if (!isSound || !Number.isFinite(at)) return null;
    const known = this.#hosts.get(frame.host);
    const rhythm = beat(frame);
    const isKnown = known !== undefined && known.latest !== null;
    if (isKnown && at <= known.at && known.at - at <= CLOCK_SET_BACK * rhythm * 1000) return null;
    const seenAt = this.#seenAt(here(at), rhythm, now);
    const host = { name: frame.host, latest: frame, at, seenAt, missedAt: known?.missedAt ?? -Infinity, beat: rhythm };
    this.#hosts.set(host.name, host);
    if (this.isLive(now)) this.#heardAt = now;
    this.#forgetSilent();
    return host;
  }

  /** Takes what the store knows at `now` of a host: its newest sample is from `at`, which was `seenAt` by our clock. */
  remember(name, at, seenAt, rhythm, now) {
    const known = this.#hosts.get(name);
    if (known) this.#hosts.set(name, { ...known, seenAt: Math.max(known.seenAt, Math.min(seenAt, now)), missedAt: now });
    else this.#hosts.set(name, { name, latest: null, at, seenAt, missedAt: now, beat: rhythm });
    this.#forgetSilent();
  }

  // A live pulse has just been sent, even if the clocks of the two machines differ. The ones told on connecting
  // may be older, but not by more than makes a host silent: the server tells only of those that are alive.
  #seenAt(at, rhythm, now) {
    return this.isLive(now) ? now : Math.min(Math.max(at, now - SILENT_AFTER * rhythm * 1000), now);
  }

  /** Whether a pulse that comes now was sent just now: those that were stored have come. */
  isLive(now) {
    return now - this.#openedAt > REPLAY;
  }

  #forgetSilent() {
    if (this.#hosts.size <= HOSTS_KEPT) return;
    const all = [...this.#hosts.values()];
    this.#hosts.delete(all.reduce((a, b) => (b.seenAt < a.seenAt ? b : a)).name);
  }

  /** @returns {Host | undefined} */
  get(name) {
    return this.#hosts.get(name);
  }

  /** All hosts, by name. @returns {Host[]} */
  all() {
    return [...this.#hosts.values()].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  }

  /**
   * A host is silent where the store had no pulse of it, or where others came and its own did not. Without that, the
   * fault may be on the way to this page.
   * @param {Host} host
   * @returns {"live" | "silent" | "unknown"}
   */
  state({ seenAt, missedAt, beat: rhythm }, now) {
    const bound = SILENT_AFTER * rhythm * 1000;
    if (now - seenAt <= bound) return "live";
    return this.#heardAt - Math.max(seenAt, this.#openedAt) > bound || missedAt - seenAt > bound ? "silent" : "unknown";
  }

  /** Forgets the hosts that were not seen since `then`; returns their names. */
  forgetBefore(then) {
    const old = this.all().filter((host) => host.seenAt < then).map(({ name }) => name);
    for (const name of old) this.#hosts.delete(name);
    return old;
  }
}

/** Whole seconds since the host's last pulse. @param {Host} host */
export function silence(host, now) {
  return Math.max(0, Math.floor((now - host.seenAt) / 1000));
}
