// Bytes as people write and read them. No DOM.

const HEX = /^(?:[\s:,]*(?:0x)?[0-9a-f]{2})*[\s:,]*$/i;
const PRINTABLE = /^[^\p{Cc}\p{Cs}\p{Co}\p{Cn}]*$/u;

/**
 * @param {string} text pairs of hexadecimal digits; spaces, commas, colons and 0x may stand between them
 * @returns {Uint8Array | null} null if it is something else
 */
export function parseHex(text) {
  if (!HEX.test(text)) return null;
  const pairs = text.replace(/0x|[\s:,]/gi, "").match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

/** @param {Uint8Array} bytes @returns {string} such as "48 65 6c" */
export function formatHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** @param {Uint8Array} bytes @returns {string | null} their text, if they are UTF-8 that can be read */
export function readable(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return PRINTABLE.test(text) ? text : null;
  } catch {
    return null;
  }
}

/** @param {string} text @returns {number} its bytes on the wire */
export function byteCount(text) {
  return new TextEncoder().encode(text).length;
}
