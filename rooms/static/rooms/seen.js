// The newest number that the reader has seen in each room: the list counts what came after it.

const keyOf = (room) => `rooms.seen.${room}`;

/** Notes that the reader has seen a room up to number `seq`. */
export function noteSeen(room, seq, storage = () => localStorage) {
  try {
    if (seq !== undefined) storage().setItem(keyOf(room), seq);
  } catch {
    // the browser keeps nothing for this site
  }
}

/** How much came since then; 0 for a room that the reader was never in. A room that counts anew is new as a whole. */
export function countUnread({ name, seq }, storage = () => localStorage) {
  try {
    const seen = Number(storage().getItem(keyOf(name)) ?? Infinity);
    if (seen === Infinity) return 0;
    return seen > seq ? seq : seq - seen;
  } catch {
    return 0;
  }
}
