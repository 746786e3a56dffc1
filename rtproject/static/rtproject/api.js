import { curlOf, exampleBody, operationsOf, requestOf } from "./api_request.js";
import { pageWords } from "./ui_text.js";

const element = (id) => document.getElementById(id);
const words = pageWords();
const api = pageWords("openapi");
const operations = operationsOf(api);
const typed = { room: "lobby" }; // by the name of a parameter, also while another call is chosen

const chosen = () => operations[element("operation").selectedIndex];
const request = () => requestOf(chosen(), typed, element("body").value);

function field({ name, in: place, schema }) {
  const copy = element("parameter-template").content.cloneNode(true);
  const [label, input] = [copy.querySelector("label"), copy.querySelector("input")];
  input.id = `parameter-${name}`;
  label.htmlFor = input.id;
  label.textContent = name;
  input.required = place === "path";
  input.value = typed[name] ?? "";
  input.placeholder = schema.default ?? "";
  input.addEventListener("input", () => {
    typed[name] = input.value;
    showCurl();
  });
  return copy;
}

function choose() {
  const { parameters } = chosen();
  const body = exampleBody(chosen(), api);
  for (const name of Object.keys(typed)) if (!parameters.some((each) => each.name === name) && name !== "room") delete typed[name];
  element("parameters").replaceChildren(...parameters.map(field));
  element("body-row").hidden = body === null;
  element("body").value = body ?? "";
  showCurl();
}

function showCurl() {
  element("curl").textContent = curlOf(request(), location.origin);
}

function show(status, text) {
  element("status").textContent = status;
  element("answer").textContent = text;
  element("answer").hidden = !text;
}

async function send(event) {
  event.preventDefault();
  const { url, headers, ...rest } = request();
  const token = element("token").value.trim(); // kept in this field alone
  show(words.waiting, "");
  try {
    // Without cookies: they count for nothing here.
    const options = { ...rest, credentials: "omit", headers: { ...headers, Authorization: `Bearer ${token}` } };
    const answer = await fetch(url, options);
    const text = await answer.text();
    const isJson = answer.headers.get("Content-Type") === "application/json";
    show(`${answer.status} ${answer.statusText}`, isJson ? JSON.stringify(JSON.parse(text), null, 2) : text);
  } catch {
    show(words.failed, "");
  }
}

element("operation").addEventListener("change", choose);
element("body").addEventListener("input", showCurl);
element("call").addEventListener("submit", send);
choose();
