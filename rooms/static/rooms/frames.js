// The frames of a room: reading them, and the words for errors. No DOM.

import { fill } from "../rtproject/ui_text.js";

const PASSWORD_NEEDED = [4003, 4009]; // close codes: forbidden, password changed
const HOPELESS = ["too_long", "bad_frame"]; // codes of errors in the text itself
const MOST_BYTES = 1_000_000; // of a frame; a server may drop the connection of a larger one

/** Whether the room's password would admit a connection that ended with this code. */
export function asksPassword(code) {
  return PASSWORD_NEEDED.includes(code);
}

/** Whether an `error` frame would come again if the same text was said again. */
export function isHopeless(frame) {
  return HOPELESS.includes(frame.code);
}

/** The frame that says `text`, as it is sent. */
export function sayFrame(text, id) {
  return JSON.stringify({ type: "say", text, id });
}

/** Whether no server would read the frame of this text. */
export function isTooBig(text) {
  return new TextEncoder().encode(sayFrame(text, newId())).length > MOST_BYTES;
}

/**
 * The words of an `error` frame for the reader.
 * @param {{code: string}} frame
 * @param {boolean} isFinal false when the page tries again by itself
 * @param {{errors: Record<string, string>, delayed: string}} words
 */
export function errorWords(frame, isFinal, words) {
  const reason = Object.hasOwn(words.errors, frame.code) ? words.errors[frame.code] : words.errors.other;
  return isFinal ? reason : fill(words.delayed, { reason });
}

/**
 * @param {unknown} data of a WebSocket message
 * @returns {object | null} the frame; null if it is not one
 */
export function parseFrame(data) {
  try {
    const frame = JSON.parse(data);
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}

/** A fresh id for a message. (`randomUUID` is only there under HTTPS.) */
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
