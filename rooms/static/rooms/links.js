// Addresses in messages, as links. Never markup: text goes into text nodes, and only http and https are links.

// Letters that stand right beside an address: their scripts put no spaces between words, or attach particles.
const BESIDE = ["Han", "Hira", "Kana", "Bopo", "Hang", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"].map((script) => `\\p{scx=${script}}`).join("");
// They end an address after its first slash, and after a Latin letter or digit, but not in the first part of its host.
const END = String.raw`(?<=(?:[^/]/|[.:?#&=])[^.:/?#&=]{0,200}[a-z0-9]|//[^/]+/)[${BESIDE}]`;
// Invisible characters end an address, too: they would make it look like another one.
const PART = String.raw`(?!${END})[^\s<>"“”„«»\x60\p{C}\p{Z}]`;
const ADDRESS = new RegExp(String.raw`(?:(?<![\p{L}\p{N}_])|(?<=[${BESIDE}]))https?:\/\/(?:${PART})+`, "giu");
const PUNCTUATION = new Set(".,:;!?'’…*。、，！？：；");
const OPENED_BY = new Map([[")", "("], ["]", "["], ["}", "{"]]);

/**
 * @param {string} text
 * @returns {(string | {address: string, href: string, title: string})[]} its parts in order, as text and addresses;
 *   `title` says where an address leads that looks as if it led elsewhere
 */
export function findAddresses(text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutEnd(found);
    const url = parsed(address);
    if (url === null) continue;
    if (index > end) parts.push(text.slice(end, index));
    parts.push({ address, href: url.href, title: url.host === authority(address) ? "" : url.href });
    end = index + address.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/**
 * @param {string} text
 * @returns {(string | HTMLAnchorElement)[]} to append to an element, whose `textContent` is `text` then
 */
export function withLinks(text) {
  return findAddresses(text).map((part) => (typeof part === "string" ? part : asLink(part)));
}

function asLink({ address, href, title }) {
  const link = document.createElement("a");
  Object.assign(link, { href, rel: "noopener noreferrer nofollow", target: "_blank", textContent: address });
  if (title) link.title = title;
  return link;
}

// Without the sentence's punctuation, and brackets that were opened before the address.
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

// Null also for one with a name before an @, which only makes a server look like another one.
function parsed(address) {
  try {
    const url = new URL(address);
    return url.hostname && !url.username && !url.password ? url : null;
  } catch {
    return null;
  }
}

// As it was written: a URL spells letters that only look like others in another way.
function authority(address) {
  return address.split(/[/?#\\]/)[2].toLowerCase();
}
