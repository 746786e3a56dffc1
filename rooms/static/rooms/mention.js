// One's own name in the messages of others. No DOM.

const WORD = String.raw`[\p{L}\p{M}\p{N}_]`;
const [ENDS_IN_WORD, BEGINS_WITH_WORD] = [new RegExp(`${WORD}$`, "u"), new RegExp(`^${WORD}`, "u")];

/** Whether `text` names somebody by `@name`, in any case. */
export function mentions(text, name) {
  const [within, sought] = [text, `@${name}`].map((each) => each.normalize("NFC").toLowerCase());
  const parts = within.split(sought);
  return parts.slice(1).some((after, place) => !ENDS_IN_WORD.test(parts[place]) && !BEGINS_WITH_WORD.test(after));
}
