// A `Socket` on a network that a test plays, and everything that it reports.

import { Socket } from "../../../static/rtproject/socket.js";
import { FakeNetwork } from "./fake_network.js";

export class PlayedSocket extends Socket {
  constructor(options = {}, address = "ws://127.0.0.1/echo") {
    const [network, changes, heard, unsent] = [new FakeNetwork(), [], [], []];
    super(address, {
      ...network.environment(),
      onState: (change) => changes.push(change),
      onMessage: (data) => heard.push(data),
      onUnsent: (list) => unsent.push(...list),
      ...options,
    });
    Object.assign(this, { network, changes, heard, unsent });
  }

  /** A socket whose first link is open. */
  static opened(options) {
    const socket = new PlayedSocket(options);
    socket.open();
    socket.link.accept();
    return socket;
  }

  get link() {
    return this.network.link;
  }

  get states() {
    return this.changes.map(({ state }) => state);
  }

  /** Ends a link with each of the codes, after it was up for so many milliseconds; returns the waits after them. */
  endings(codes, up = 0) {
    this.open();
    return codes.map((code) => {
      this.link.accept();
      this.network.advance(up);
      this.link.end(code);
      const { delay } = this.changes.at(-1);
      this.network.advance(delay);
      return delay;
    });
  }
}
