// The sentences of the page in the reader's language, from its template.

const elements = globalThis.document?.getElementById("words")?.content.children ?? [];
const sentences = new Map(Array.from(elements, ({ dataset, textContent }) => [dataset.word, textContent]));

/**
 * A sentence with its gaps filled: `{host}` with the value of that name.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function say(name, values = {}) {
  return (sentences.get(name) ?? name).replace(/\{(\w+)\}/g, (gap, key) => String(values[key] ?? gap));
}
