// Requests to an HTTP API as its OpenAPI document describes it. Needs no page.

/** Every operation of a document, with its `method` and `path`. */
export function operationsOf({ paths }) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  );
}

/** A body to begin with, as JSON text: the fields that are required, and those that may be anything. */
export function exampleBody({ requestBody }, { components: { schemas } }) {
  if (!requestBody) return null;
  const name = requestBody.content["application/json"].schema.$ref.split("/").pop();
  const { properties, required } = schemas[name];
  const shown = Object.entries(properties).filter(([field, { type, anyOf }]) => required.includes(field) || !(type ?? anyOf));
  return JSON.stringify(Object.fromEntries(shown.map(([field, { type }]) => [field, type ? "hello" : {}])), null, 2);
}

/**
 * The request to send; one without a value for a parameter of the query does not name it.
 *
 * @param {Record<string, string>} values by the names of the parameters
 */
export function requestOf({ method, path, parameters, requestBody }, values, body) {
  const given = parameters.filter(({ name }) => values[name]);
  const query = new URLSearchParams(given.filter((each) => each.in === "query").map(({ name }) => [name, values[name]]));
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""));
  const headers = requestBody ? { "Content-Type": "application/json" } : {};
  return { method, url: `${filled}${query.size ? "?" : ""}${query}`, headers, body: requestBody ? body : undefined };
}

/** The same request for a shell, which has the token in a variable. */
export function curlOf({ method, url, headers, body }, origin) {
  const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const lines = [`curl -X ${method} ${quoted(origin + url)}`, `-H "Authorization: Bearer $TOKEN"`];
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) lines.push(`-d ${quoted(body)}`);
  return lines.join(" \\\n  ");
}
