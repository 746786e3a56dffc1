// The state of a connection in words. What the close codes mean is the server's to say: the page carries its list.

/**
 * The server's close codes, as the page brought them.
 * @returns {Map<number, {code: number, name: string, meaning: string, reconnect: string}>}
 */
export function closeCodes(page = document) {
  const list = JSON.parse(page.getElementById("close-codes")?.textContent ?? "[]");
  return new Map(list.map((entry) => [entry.code, entry]));
}

function reason(code, codes) {
  if (codes.has(code)) return codes.get(code).meaning;
  if (code === 1001 || code === 1012) return "The server is restarting.";
  return "The connection was lost.";
}

/**
 * @param {{state: string, code?: number, delay?: number}} change as `Socket` reports it
 * @param {Map<number, object>} codes of `closeCodes()`
 * @returns {string} one or two sentences
 */
export function describe({ state, code, delay = 0 }, codes) {
  if (state === "connecting") return "Connecting…";
  if (state === "open") return "Connected.";
  if (state === "closed") return code === undefined || code === 1000 ? "Disconnected." : reason(code, codes);
  const seconds = Math.round(delay / 1000);
  return `${reason(code, codes)} Trying again ${seconds > 1 ? `in ${seconds} seconds` : "now"}.`;
}

/** Shows `words` in the page's state line; `state` chooses its mark. */
export function showState(line, state, words) {
  line.dataset.state = state;
  if (line.textContent !== words) line.textContent = words; // else a screen reader would say it again
}
