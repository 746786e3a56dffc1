// What goes over a room's socket, without the page: reading frames, and the words for errors.

const ERRORS = {
  bad_frame: "The server could not read this message.",
  too_long: "This message is too long.",
  rate_limited: "That was too much at once.",
  unavailable: "The server cannot be asked just now.",
  id_used: "Another message was already sent in its place. Send it again.",
};

/**
 * What an `error` frame means to the person at the page.
 * @param {{code: string}} frame
 * @param {boolean} isFinal false when what it is about is tried again without them
 */
export function errorWords(frame, isFinal) {
  const words = ERRORS[frame.code] ?? "The server did not take this.";
  return isFinal ? words : `${words} Your message is sent again in a moment.`;
}

/**
 * @param {unknown} data of a WebSocket message
 * @returns {object | null} the frame, or null for what is none
 */
export function parseFrame(data) {
  try {
    const frame = JSON.parse(data);
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}

/** A fresh id for something to say. (`randomUUID` is only there under HTTPS.) */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The room's WebSocket path. Never with the password: the session's cookie lets the page in.
 * @param {string} room
 * @param {string} name the guest's, or ""
 * @param {{since: number, epoch: string} | null} held the newest message that we have, in the numbering of `epoch`
 */
export function roomPath(room, name, held) {
  const query = new URLSearchParams({ ...(name && { name }), ...held });
  return `/ws/${encodeURIComponent(room)}${query.size ? `?${query}` : ""}`;
}
