// The page's sentences in the reader's language: the template brings them.

const sentences = new Map();
for (const { dataset, textContent } of document.getElementById("words")?.content.children ?? []) {
  sentences.set(dataset.word, textContent);
}

/**
 * A sentence with its gaps filled: `{host}` with the value of that name.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function say(name, values = {}) {
  return (sentences.get(name) ?? name).replace(/\{(\w+)\}/g, (gap, key) => String(values[key] ?? gap));
}
