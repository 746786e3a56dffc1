// The sentences of the page, and changes of elements only where something has changed: it is written every second.

const elements = globalThis.document?.getElementById("words")?.content.children ?? [];
const sentences = new Map(Array.from(elements, ({ dataset, textContent }) => [dataset.word, textContent]));

/**
 * A sentence in the reader's language with its gaps filled: `{host}` with the value of that name.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function say(name, values = {}) {
  return (sentences.get(name) ?? name).replace(/\{(\w+)\}/g, (gap, key) => String(values[key] ?? gap));
}

export const element = (id) => document.getElementById(id);

/** Sets the text of a node, unless it is there already. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, or takes it away with null, unless it is so already. */
export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** A new copy of the only element in a template. @param {string} id of the template */
export function fromTemplate(id) {
  return element(id).content.firstElementChild.cloneNode(true);
}

/**
 * Makes the children of `parent` those of `keys`, in this order. A child that is in its place is not touched, so
 * focus and scrolling stay.
 * @template {{element: Element}} P
 * @param {Element} parent
 * @param {string[]} keys
 * @param {Map<string, P>} parts by key; kept up to date
 * @param {(key: string) => P} make
 */
export function arrange(parent, keys, parts, make) {
  const wanted = new Set(keys);
  for (const [key, { element: node }] of parts) {
    if (wanted.has(key)) continue;
    node.remove();
    parts.delete(key);
  }
  keys.forEach((key, place) => {
    if (!parts.has(key)) parts.set(key, make(key));
    const { element: node } = parts.get(key);
    const there = parent.children[place] ?? null;
    if (there !== node) parent.insertBefore(node, there);
  });
}
