"""A `Socket` for scripts in a browser, on a network on which they play the server."""

SETTING = """
const { Socket, TIMES, backoff, environment, reconnectRule, socketUrl } =
    await import("/static/rtproject/socket.js");
const network = new FakeNetwork();
const states = [];
const heard = [];
const unsent = [];
const make = (address = "/echo", options = {}) => new Socket(address, {
    ...network.environment(),
    onState: (change) => states.push(change),
    onMessage: (data) => heard.push(data),
    onUnsent: (list) => unsent.push(...list),
    ...options,
});
const opened = (options = {}) => {
    const socket = make("/echo", options);
    socket.open();
    network.link.accept();
    return socket;
};
const last = () => states.at(-1);
const hear = (data) => network.link.onmessage({ data });
// A socket whose link was up for so many milliseconds before each of the codes ended it; returns the waits.
const endings = (codes, up = 0) => {
    make().open();
    return codes.map((code) => {
        network.link.accept();
        network.advance(up);
        network.link.end(code);
        const { delay } = last();
        if (delay !== undefined) network.advance(delay);
        return delay ?? null;
    });
};
"""
