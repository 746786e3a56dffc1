// The newest number that the reader has seen in each room: the list counts what came after it. No DOM.

import { Kept } from "./kept.js";

const keptFor = (room) => new Kept("localStorage", `seen.${room}`);

/** Notes that the reader has seen a room up to number `seq`. */
export function noteSeen(room, seq) {
  if (seq !== undefined) keptFor(room).save(seq);
}

/** How much came since then; 0 for a room that the reader was never in. A room that counts anew is new as a whole. */
export function countUnread({ name, seq }) {
  const seen = keptFor(name).load() ?? seq;
  return seen > seq ? seq : seq - seen;
}
