// Addresses in what people write, as links. Never markup: text goes into text nodes, and only http and https are links.

// Invisible characters end an address: they would make it look like another one.
const ADDRESS = /(?<![\p{L}\p{N}_])https?:\/\/[^\s<>"“”„«»`\p{C}\p{Z}]+/giu;
const PUNCTUATION = new Set(".,:;!?'’…*。、，！？：；");
const OPENED_BY = new Map([[")", "("], ["]", "["], ["}", "{"]]);

/**
 * @param {string} text
 * @returns {(string | HTMLAnchorElement)[]} what to append to an element; its `textContent` is `text`
 */
export function withLinks(text) {
  const nodes = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const link = asLink(withoutEnd(found));
    if (link === null) continue;
    if (index > end) nodes.push(text.slice(end, index));
    nodes.push(link);
    end = index + link.textContent.length;
  }
  if (end < text.length) nodes.push(text.slice(end));
  return nodes;
}

// Without what belongs to the sentence: punctuation, and brackets that were opened before the address.
function withoutEnd(address) {
  const surplus = new Map([...OPENED_BY].map(([close, open]) => [close, count(address, close) - count(address, open)]));
  let length = address.length;
  for (; length > 0; length -= 1) {
    const last = address[length - 1];
    if (surplus.get(last) > 0) surplus.set(last, surplus.get(last) - 1);
    else if (!PUNCTUATION.has(last)) break;
  }
  return address.slice(0, length);
}

function count(text, character) {
  return text.split(character).length - 1;
}

function asLink(address) {
  const url = parsed(address);
  // A name before an @ only makes another server look like a known one.
  if (url === null || !url.hostname || url.username || url.password) return null;
  const link = document.createElement("a");
  link.href = url.href;
  link.rel = "noopener noreferrer nofollow";
  link.target = "_blank";
  link.textContent = address;
  if (url.host !== authority(address)) link.title = url.href; // letters that only look like others
  return link;
}

function parsed(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

function authority(address) {
  return address.split(/[/?#\\]/)[2].toLowerCase();
}
