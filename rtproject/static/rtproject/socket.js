// A WebSocket that comes back by itself. No DOM: whatever it takes from the browser can be given
// through the options, so it also runs in Node.

/** Milliseconds. */
export const TIMES = {
  atOnce: 500, // "at once" still spreads the clients of a restarting server over this long
  backoff: 2_000, // the longest first wait; it doubles with each further failure ...
  cap: 30_000, // ... up to this
  stable: 10_000, // a link that was up for this long starts again from the first wait
};

/**
 * What a close code asks of the client.
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
 * "At once" is believed only of a link that held: a server that says it over and over is backed off from.
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

// A loopback server is reachable whatever the browser thinks of the network.
const isLoopback = (url) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

/** What is taken from the browser; a test gives other parts instead. */
export const environment = () => ({
  WebSocket: globalThis.WebSocket,
  setTimeout: (run, delay) => globalThis.setTimeout(run, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
  random: Math.random,
  network: {
    isOnline: () => globalThis.navigator?.onLine !== false,
    onOnline: (listener) => globalThis.addEventListener?.("online", listener),
  },
});

/**
 * States: "connecting", "open", "waiting" (for the next attempt) and "closed" (for good, until `open()`).
 *
 * Options:
 * - `onState({state, code, delay})`: `code` is the close code that led here, `delay` the wait in milliseconds
 * - `onMessage(data)`: a string, or an ArrayBuffer for bytes
 * - `protocols`: the subprotocols to offer
 * - the parts of `environment()`, to replace them
 */
export class Socket {
  #address;
  #options;
  #link = null;
  #retry = null;
  #stable = null;
  #failures = 0;
  #lastCode = undefined;
  state = "closed";

  /** @param {string | (() => string)} address a path or URL; a function is asked before each attempt */
  constructor(address, options = {}) {
    this.#address = typeof address === "function" ? address : () => address;
    this.#options = {
      onState: () => {},
      onMessage: () => {},
      protocols: [],
      ...environment(),
      ...options,
    };
    this.#options.network.onOnline(() => this.#networkIsBack());
  }

  /** Connects, or tries again now instead of later. Does nothing while connecting or open. */
  open() {
    if (this.#link === null) this.#dial();
  }

  /** Drops the link, if there is one, and dials anew: for a changed address or a link that went silent. */
  reopen() {
    this.#drop();
    this.#dial();
  }

  /** Ends the connection for good. */
  close() {
    if (this.state === "closed") return;
    this.#drop();
    this.#enter("closed", { code: 1000 });
  }

  /**
   * @param {string | ArrayBuffer | ArrayBufferView} data
   * @returns {boolean} false, and nothing sent, when the socket is not open
   */
  send(data) {
    if (this.#link === null || this.#link.readyState !== 1) return false;
    this.#link.send(data);
    return true;
  }

  #dial() {
    this.#options.clearTimeout(this.#retry);
    const link = new this.#options.WebSocket(socketUrl(this.#address()), this.#options.protocols);
    link.binaryType = "arraybuffer";
    // Events of a link that was dropped in the meantime are nobody's business any more.
    link.onopen = () => link === this.#link && this.#opened();
    link.onmessage = (event) => link === this.#link && this.#options.onMessage(event.data);
    link.onclose = (event) => link === this.#link && this.#lost(event.code);
    this.#link = link;
    this.#enter("connecting");
  }

  #drop() {
    const link = this.#link;
    this.#link = null;
    this.#options.clearTimeout(this.#retry);
    this.#options.clearTimeout(this.#stable);
    link?.close(1000);
  }

  #opened() {
    this.#stable = this.#options.setTimeout(() => (this.#failures = 0), TIMES.stable);
    this.#enter("open");
  }

  #lost(code) {
    this.#link = null;
    this.#lastCode = code;
    this.#options.clearTimeout(this.#stable);
    const rule = reconnectRule(code);
    if (rule === "never") return this.#enter("closed", { code });
    const delay = this.#isCutOff() ? TIMES.cap : reconnectDelay(rule, this.#failures, this.#options.random);
    this.#failures += 1;
    this.#wait(delay);
  }

  // "Offline" is only the browser's guess, so it makes the wait long and not endless.
  #isCutOff() {
    return !this.#options.network.isOnline() && !isLoopback(socketUrl(this.#address()));
  }

  #wait(delay) {
    this.#options.clearTimeout(this.#retry);
    this.#retry = this.#options.setTimeout(() => this.#dial(), delay);
    this.#enter("waiting", { code: this.#lastCode, delay });
  }

  // Cuts short a wait for the network, but not one that the server asked for.
  #networkIsBack() {
    const asked = this.#lastCode >= 4100 && this.#lastCode < 4200;
    if (this.state === "waiting" && !asked) this.#wait(this.#options.random() * TIMES.atOnce);
  }

  #enter(state, details = {}) {
    this.state = state;
    this.#options.onState({ state, ...details });
  }
}
