// The sentences of a page, in its language. They come with the page: scripts contain none.

/**
 * @param {string} id of the page's `<script type="application/json">` with them
 * @returns {object} sentences by their names, perhaps in groups
 */
export function pageWords(id = "words", page = document) {
  return JSON.parse(page.getElementById(id).textContent);
}

/**
 * @param {string} sentence with places such as `{time}`
 * @param {Record<string, string | number>} values by the names of the places
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** The locale for numbers and dates: the reader's own of the page's language, such as "en-GB", else that language. */
export function pageLanguage() {
  const language = globalThis.document?.documentElement.lang;
  if (!language) return undefined; // the reader's own
  return navigator.languages.find((locale) => locale.split("-")[0] === language) ?? language;
}

/** A number of seconds in words, such as "5 seconds", in the language of the page. */
export function seconds(count) {
  return new Intl.NumberFormat(pageLanguage(), { style: "unit", unit: "second", unitDisplay: "long" }).format(count);
}

/** Several names as one phrase, such as "Ann, Bob, and Carl", in the language of the page. */
export function listed(names) {
  return new Intl.ListFormat(pageLanguage()).format(names);
}
