// A WebSocket that comes back by itself. No DOM: the parts that it takes from the browser can be given
// through the options, so it also runs in Node. docs/client.md tells how to use it. A link is one WebSocket.

/** Milliseconds. */
export const TIMES = {
  atOnce: 500, // "at once" still spreads the clients of a restarting server over this long
  backoff: 2_000, // the longest first wait; it doubles with each further failure ...
  cap: 30_000, // ... up to this
  stable: 10_000, // a link that was up for this long starts again from the first wait
  connect: 15_000, // an attempt without an answer by then has failed
  hidden: 60_000, // the shortest wait of a hidden page, after its first one
  late: 2_000, // a timer that fires this late shows that the page was asleep
};

const CONNECTION_LOST = 1006; // RFC 6455 section 7.4.1: the link ended without a close frame
const EXCUSES = 2; // heartbeats in a row that a page that was asleep repeats before it drops the connection

/**
 * The rule that a close code gives the client.
 * The ranges of 4000-4299 are Pusher's, so that codes added later are obeyed without a new client.
 * @param {number} code
 * @returns {"never" | "at once" | "backoff"}
 */
export function reconnectRule(code) {
  if (code >= 4000 && code < 4100) return "never";
  if ((code >= 4200 && code < 4300) || code === 1001 || code === 1012) return "at once";
  return "backoff";
}

/**
 * A wait before trying again, in milliseconds: exponential backoff with full jitter.
 * @param {number} failures in a row before this wait
 * @param {() => number} random in [0, 1)
 */
export function backoff(failures, random) {
  return random() * Math.min(TIMES.cap, TIMES.backoff * 2 ** failures);
}

/**
 * How long to wait before the next attempt to connect, in milliseconds.
 * "At once" counts only for a link that held, so a server that repeats it gets the backoff.
 * @param {"at once" | "backoff"} rule
 * @param {number} failures closed connections since the last stable one
 * @param {() => number} random in [0, 1)
 */
export function reconnectDelay(rule, failures, random) {
  if (rule === "at once" && failures === 0) return random() * TIMES.atOnce;
  return backoff(failures, random);
}

/**
 * The WebSocket URL of a path on the page's own server; absolute ws: and wss: URLs stay as they are.
 * @param {string} path
 * @param {string} [base] the page's URL
 */
export function socketUrl(path, base = globalThis.location?.href) {
  const url = new URL(path, base);
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol === "http:") url.protocol = "ws:";
  return url.href;
}

// A server on the same machine can be reached even if the browser is offline.
const isLoopback = (url) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

const listen = (target, event, listener) => {
  target?.addEventListener?.(event, listener);
  return () => target?.removeEventListener?.(event, listener);
};

/** The parts of the browser; a test, or Node, gives others instead. The functions that `on…` return end the listening. */
export const environment = () => ({
  WebSocket: globalThis.WebSocket,
  setTimeout: (run, delay) => globalThis.setTimeout(run, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
  now: () => Date.now(),
  random: Math.random,
  network: {
    isOnline: () => globalThis.navigator?.onLine !== false,
    onOnline: (listener) => listen(globalThis, "online", listener),
  },
  page: {
    isHidden: () => globalThis.document?.visibilityState === "hidden",
    onShown: (listener) =>
      listen(globalThis.document, "visibilitychange", () => {
        if (globalThis.document.visibilityState === "visible") listener();
      }),
  },
});

/** The frames that were sent while there was no link, in order. */
class Queue {
  #limit;
  #kept = [];
  #size = 0;

  constructor(limit) {
    this.#limit = { frames: 0, size: 2 ** 20, ...limit };
  }

  get length() {
    return this.#kept.length;
  }

  /** Returns false, and keeps nothing, when it is full. */
  add(data) {
    const size = data.length ?? data.byteLength;
    if (this.#kept.length >= this.#limit.frames || this.#size + size > this.#limit.size) return false;
    this.#size += size;
    return this.#kept.push(data) > 0;
  }

  /** Returns all frames, and empties the queue. */
  take() {
    this.#size = 0;
    return this.#kept.splice(0);
  }
}

/** Finds out that a link is dead: it asks when nothing came for `every` ms, and gives up `timeout` ms later. */
class Heartbeat {
  #options;
  #ask;
  #dead;
  #environment;
  #timer = null;
  #due = 0;
  #heardAt = 0;
  #asked = false; // and nothing came since
  #excuses = 0;

  constructor(options, ask, dead, environment) {
    this.#options = { every: 10_000, timeout: 4_000, message: undefined, isAnswer: () => false, ...options };
    this.#ask = ask;
    this.#dead = dead;
    this.#environment = environment;
  }

  start() {
    this.hear();
    this.#wait(this.#options.every);
  }

  stop() {
    this.#environment.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Anything that comes is a sign of life. A busy link costs no timer for each frame. */
  hear() {
    this.#heardAt = this.#environment.now();
    this.#asked = false;
    this.#excuses = 0;
  }

  isAnswer(data) {
    return this.#options.isAnswer(data);
  }

  /** Asks now, since the link may be dead. */
  check() {
    if (this.#timer !== null && !this.#asked) this.#doubt();
  }

  #wait(delay) {
    this.#environment.clearTimeout(this.#timer);
    this.#due = this.#environment.now() + delay;
    this.#timer = this.#environment.setTimeout(() => this.#look(), delay);
  }

  #look() {
    const now = this.#environment.now();
    if (!this.#asked) {
      const silent = Math.max(0, now - this.#heardAt); // a clock may be set back
      if (silent < this.#options.every) this.#wait(this.#options.every - silent);
      else this.#doubt();
    } else if (now - this.#due > TIMES.late && this.#excuses < EXCUSES) {
      // The page was asleep, and the answer may wait behind this timer.
      this.#excuses += 1;
      this.#doubt();
    } else {
      this.#dead();
    }
  }

  #doubt() {
    const { message, timeout } = this.#options;
    this.#asked = true;
    if (message !== undefined) this.#ask(typeof message === "function" ? message() : message);
    this.#wait(timeout);
  }
}

/**
 * @typedef {object} SocketOptions
 * @property {(change: {state: string, code?: number, delay?: number, until?: number, unopened?: number}) => void}
 *   [onState] `code` is the close code that led here, `delay` the wait in milliseconds and `until` its end, as
 *   `Date.now()` counts; `unopened` is the number of attempts in a row that ended before a link was open
 * @property {(data: any) => void} [onMessage] gets a string, or an ArrayBuffer for bytes
 * @property {(list: any[]) => void} [onUnsent] gets kept frames that will never be sent, since the connection has ended
 *   for good
 * @property {string | string[]} [protocols] the subprotocols to offer
 * @property {(data: any) => boolean} [isWelcome] whether this frame is the server's welcome. Without it the open link is
 *   enough. A server that denies a client may have to open the link first, to close it with a code
 * @property {{frames?: number, size?: number}} [queue] how many frames are kept until then, and their size in characters
 *   and bytes; by default none
 * @property {{every?: number, timeout?: number, message?: any, isAnswer?: (data: any) => boolean}} [heartbeat] after
 *   `every` ms of silence `message` (text, bytes, or a function that makes it; nothing, if the server speaks often
 *   enough by itself) is sent, and `timeout` ms later the link is given up, unless anything came. `isAnswer(data)`:
 *   frames that `onMessage` need not see
 * @property {any} [WebSocket] this and the following replace the parts of `environment()`
 * @property {any} [setTimeout]
 * @property {any} [clearTimeout]
 * @property {() => number} [now]
 * @property {() => number} [random]
 * @property {any} [network]
 * @property {any} [page]
 */

/**
 * States: "connecting", "open", "waiting" (for the next attempt), "closing" (we asked for it) and "closed" (for good,
 * until `open()`).
 */
export class Socket {
  #address;
  #options;
  #queue;
  #heartbeat = null;
  #link = null;
  #isIn = false;
  #timer = null; // of the state: for the answer, until it counts as stable, or for the next attempt
  #failures = 0;
  #unopened = 0; // attempts in a row, this one included until its link opens
  #lastCode = undefined;
  #due = 0; // the time of the next attempt if the page is visible
  #cleanups = []; // functions that end listening to the network and the page
  state = "closed";
  /** When the next attempt is, as `Date.now()` counts; null unless waiting. */
  until = null;

  /**
   * @param {string | (() => string)} address a path or URL; a function is asked before each attempt
   * @param {SocketOptions} [options]
   */
  constructor(address, options = {}) {
    this.#address = typeof address === "function" ? address : () => address;
    this.#options = {
      onState: () => {},
      onMessage: () => {},
      onUnsent: () => {},
      protocols: [],
      ...environment(),
      ...options,
    };
    this.#queue = new Queue(this.#options.queue);
    if (!this.#options.heartbeat) return;
    const ask = (message) => this.#link.send(message);
    const dead = () => this.#giveUp();
    this.#heartbeat = new Heartbeat(this.#options.heartbeat, ask, dead, this.#options);
  }

  /** How many frames wait for a link. */
  get queued() {
    return this.#queue.length;
  }

  /** Connects, or tries again now instead of later. Does nothing while connecting or open. */
  open() {
    if (this.state !== "connecting" && this.state !== "open") this.reopen();
  }

  /** Drops the link, if there is one, and connects anew: for a changed address. */
  reopen() {
    this.#drop();
    this.#dial();
  }

  /**
   * Ends the connection for good. An open link is closed with `code`; `onState` gets the code that comes back.
   * @param {number} [code] 1000 or 3000-4999; anything else throws, and nothing happens
   */
  close(code = 1000) {
    if (this.state === "closed" || this.state === "closing") return;
    if (this.state !== "open") {
      this.#drop();
      return this.#end(1000);
    }
    this.#link.close(code);
    this.#rest();
    this.#enter("closing");
  }

  /**
   * @param {string | ArrayBuffer | ArrayBufferView} data
   * @returns {boolean} whether it was sent, or is kept to be sent; false if there is no link and no room in the queue
   */
  send(data) {
    if (this.#isIn && this.#link?.readyState === 1) {
      this.#link.send(data);
      return true;
    }
    return this.state !== "closed" && this.state !== "closing" && this.#queue.add(data);
  }

  #dial() {
    this.#listen();
    this.#isIn = false;
    this.#unopened += 1;
    const link = new this.#options.WebSocket(socketUrl(this.#address()), this.#options.protocols);
    link.binaryType = "arraybuffer";
    // Events of a link that was dropped in the meantime are ignored.
    link.onopen = () => link === this.#link && this.#opened();
    link.onmessage = (event) => link === this.#link && this.#received(event.data);
    link.onclose = (event) => link === this.#link && this.#lost(event.code);
    this.#link = link;
    this.#after(TIMES.connect, () => this.#giveUp());
    this.#enter("connecting");
  }

  #opened() {
    this.#unopened = 0;
    this.#after(TIMES.stable, () => (this.#failures = 0));
    this.#heartbeat?.start();
    if (!this.#options.isWelcome) this.#enterIn();
    this.#enter("open");
  }

  // Kept frames go first, before any that is sent because of this.
  #enterIn() {
    this.#isIn = true;
    for (const data of this.#queue.take()) this.#link.send(data);
  }

  #received(data) {
    this.#heartbeat?.hear();
    if (this.#heartbeat?.isAnswer(data)) return;
    if (!this.#isIn && this.#options.isWelcome?.(data)) this.#enterIn();
    this.#options.onMessage(data);
  }

  #giveUp() {
    this.#drop();
    this.#lost(CONNECTION_LOST);
  }

  #drop() {
    const link = this.#link;
    this.#link = null;
    this.#rest();
    link?.close(1000);
  }

  #rest() {
    this.#heartbeat?.stop();
    this.#options.clearTimeout(this.#timer);
  }

  #lost(code) {
    this.#link = null;
    this.#rest();
    this.#lastCode = code;
    const rule = reconnectRule(code);
    if (rule === "never" || this.state === "closing") return this.#end(code);
    const { now, page, random } = this.#options;
    const delay = this.#isCutOff() ? TIMES.cap : reconnectDelay(rule, this.#failures, random);
    const isUnseen = page.isHidden() && this.#failures > 0;
    this.#failures += 1;
    this.#due = now() + delay;
    this.#wait(isUnseen ? TIMES.hidden + delay : delay);
  }

  // The browser may be wrong about being offline, so the wait is long but not endless.
  #isCutOff() {
    return !this.#options.network.isOnline() && !isLoopback(socketUrl(this.#address()));
  }

  #wait(delay) {
    const until = this.#options.now() + delay;
    this.#after(delay, () => this.#dial());
    this.#enter("waiting", { code: this.#lastCode, delay, until, unopened: this.#unopened });
  }

  #after(delay, run) {
    this.#options.clearTimeout(this.#timer);
    this.#timer = this.#options.setTimeout(run, delay);
  }

  #listen() {
    if (this.#cleanups.length > 0) return;
    const { network, page } = this.#options;
    this.#cleanups = [network.onOnline(() => this.#networkIsBack()), page.onShown(() => this.#isShown())];
  }

  // Keep a wait that the server asked for.
  get #isAsked() {
    return this.#lastCode >= 4100 && this.#lastCode < 4200;
  }

  #networkIsBack() {
    this.#heartbeat?.check();
    if (this.state === "waiting" && !this.#isAsked) this.#wait(this.#options.random() * TIMES.atOnce);
  }

  #isShown() {
    this.#heartbeat?.check();
    if (this.state !== "waiting") return;
    if (!this.#isAsked) return this.#dial();
    if (this.#due < this.until) this.#wait(Math.max(0, this.#due - this.#options.now()));
  }

  #end(code) {
    for (const stop of this.#cleanups.splice(0)) stop();
    this.#enter("closed", { code });
    const unsent = this.#queue.take();
    if (unsent.length > 0) this.#options.onUnsent(unsent);
  }

  #enter(state, details = {}) {
    this.state = state;
    this.until = details.until ?? null;
    this.#options.onState({ state, ...details });
  }
}
