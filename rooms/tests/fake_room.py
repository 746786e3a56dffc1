"""A `Conversation` for scripts in a browser, on a network on which they play the server."""

SETTING = """
const { Conversation } = await import("/static/rooms/conversation.js");
const network = new FakeNetwork();
const heard = [];
const hear = (name, tell) => (...told) => heard.push([name, ...tell(...told)]);
const conversation = new Conversation("lobby", () => "Ann B", {
    onWelcome: hear("welcome", ({ you }) => [you.name]),
    onBegin: hear("begin", () => []),
    onMessage: hear("message", (frame) => [frame.text, conversation.isOurs(frame)]),
    onOlder: hear("older", (frames) => frames.map((frame) => frame.text)),
    onSaid: hear("said", (id) => [id]),
    onUnsent: hear("unsent", (id) => [id]),
    onError: hear("error", (frame, isFinal) => [frame.code, isFinal]),
    onFrame: hear("frame", (frame) => [frame.type]),
}, network.environment());
const ann = { id: "a1", name: "Ann B", guest: true };
const bob = { id: "b1", name: "Bob", guest: true };
const message = (seq, { from = bob, ...more } = {}) =>
    ({ type: "message", room: "lobby", from, text: `text ${seq}`, at: "2026-01-31T12:00:00.000Z", seq, ...more });
// The server takes the connection, and says where the client is.
const welcome = ({ you = ann, history = true, ...more } = {}) => {
    network.link.accept();
    network.link.tell({ type: "welcome", room: "lobby", title: "", you, history, ...more });
};
// In a room with history, with the messages from `first` to `last`.
const enter = (first = 1, last = 3) => {
    conversation.open();
    welcome({ epoch: "e1", seq: last, recovered: false });
    for (let seq = first; seq <= last; seq += 1) network.link.tell(message(seq));
    heard.length = 0;
};
const comeBack = () => {
    const lost = network.link;
    lost.end(1006);
    while (network.link === lost) network.advance(100);
};
const said = (link = network.link) => link.frames.filter(({ type }) => type === "say").map(({ text }) => text);
"""
