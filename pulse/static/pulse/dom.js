// Changes elements only where something has changed: the page is written every second.

/** Sets the text of a node, unless it is there already. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, or takes it away with null, unless it is so already. */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** A new copy of the only element in a template. @param {string} id of the template */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
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
  for (const [key, { element }] of parts) {
    if (wanted.has(key)) continue;
    element.remove();
    parts.delete(key);
  }
  keys.forEach((key, place) => {
    if (!parts.has(key)) parts.set(key, make(key));
    const { element } = parts.get(key);
    const there = parent.children[place] ?? null;
    if (there !== element) parent.insertBefore(element, there);
  });
}
