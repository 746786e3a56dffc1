// A program that talks through `socket.js` on a real server: `talk.js <echo> <room>` prints what it heard, as JSON.

import { Socket } from "../../../static/rtproject/socket.js";

const [echo, room] = process.argv.slice(2);
const told = [];

/** Tells everything of a socket until it is closed for good; it is closed here after a frame that `isLast`. */
const talk = (address, options, texts, isLast) =>
  new Promise((done) => {
    const onState = ({ state, code }) => {
      told.push(code === undefined ? state : `${state} ${code}`);
      if (state === "closed") done();
    };
    const onMessage = (data) => {
      told.push(typeof data === "string" ? data : [...new Uint8Array(data)]);
      if (isLast(data)) socket.close(3000);
    };
    const socket = new Socket(address, { ...options, onState, onMessage });
    socket.open();
    for (const text of texts) socket.send(text);
  });

const heartbeat = { message: "beat", isAnswer: (data) => data === "Echo: beat" };
const all = ["hello", Uint8Array.of(1, 2)];
await talk(echo, { queue: { frames: 2 }, heartbeat }, all, (data) => typeof data !== "string");
await talk(room, {}, [], () => true);
console.log(JSON.stringify(told));
