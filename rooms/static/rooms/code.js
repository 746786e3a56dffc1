// Code in a message: between backticks, or fenced by three of them. Nothing else of Markdown. No DOM.

const CODE = /\n?```(?:[\w+#.-]*\n)?([\s\S]+?)\n?```\n?|`([^`\n]+)`/gu;

/**
 * @param {string} text
 * @returns {(string | {code: string, isBlock: boolean})[]} its parts in order, as text and code
 */
export function findCode(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, 1: block, 2: inline, index } of text.matchAll(CODE)) {
    if (index > end) parts.push(text.slice(end, index));
    parts.push({ code: block ?? inline, isBlock: block !== undefined });
    end = index + found.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}
