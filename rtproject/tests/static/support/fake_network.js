// The browser's parts as a test gives them to a module: WebSockets whose server it plays, and a clock that it winds.

class FakeLink {
  readyState = 0;
  sent = [];
  closedWith = null;

  constructor(url, protocols) {
    Object.assign(this, { path: url.replace(/^ws:\/\/[^/]*/, ""), protocols });
  }

  send(data) {
    this.sent.push(data);
  }

  close(code) {
    if (code !== 1000 && !(code >= 3000 && code <= 4999)) throw new RangeError(`${code} cannot be sent`);
    this.readyState = 3;
    this.closedWith = code;
  }

  /** The frames that were sent, read as JSON. */
  get frames() {
    return this.sent.map((data) => JSON.parse(data));
  }

  accept() {
    this.readyState = 1;
    this.onopen();
  }

  hear(data) {
    this.onmessage({ data });
  }

  tell(...frames) {
    for (const frame of frames) this.hear(JSON.stringify(frame));
  }

  end(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

const listenersOf = (listeners) => (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export class FakeNetwork {
  links = []; // all that were made, the newest last
  isOnline = true;
  isHidden = false;
  random = 0.5;
  #timers = [];
  #now = 0;
  #onOnline = new Set();
  #onShown = new Set();

  /** In the form of `environment()` of socket.js. */
  environment() {
    const { links } = this;
    return {
      WebSocket: class extends FakeLink {
        constructor(...given) {
          super(...given);
          links.push(this);
        }
      },
      setTimeout: (run, delay) => this.#timers[this.#timers.push({ run, due: this.#now + delay }) - 1],
      clearTimeout: (timer) => (this.#timers = this.#timers.filter((other) => other !== timer)),
      now: () => this.#now,
      random: () => this.random,
      network: { isOnline: () => this.isOnline, onOnline: listenersOf(this.#onOnline) },
      page: { isHidden: () => this.isHidden, onShown: listenersOf(this.#onShown) },
    };
  }

  /** How many listen to the network and to the page. */
  get listeners() {
    return this.#onOnline.size + this.#onShown.size;
  }

  get link() {
    return this.links.at(-1);
  }

  /** How long each running timer still has to go, in milliseconds. */
  get waits() {
    return this.#timers.map(({ due }) => due - this.#now).sort((a, b) => a - b);
  }

  /** Lets time pass, in milliseconds. */
  advance(milliseconds) {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = this.#timers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due); // it may be late
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.run();
    }
    this.#now = end;
  }

  /** Lets time pass without running a timer, as in a frozen page; they are late then. */
  pause(milliseconds) {
    this.#now += milliseconds;
  }

  comeOnline() {
    this.isOnline = true;
    this.#onOnline.forEach((listener) => listener());
  }

  show() {
    this.isHidden = false;
    this.#onShown.forEach((listener) => listener());
  }
}
