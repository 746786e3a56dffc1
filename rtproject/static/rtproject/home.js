import { Poll } from "./poll.js";
import { StatusLine } from "./status.js";
import { pageLanguage, pageWords } from "./ui_text.js";

const element = (id) => document.getElementById(id);
const words = pageWords();
const status = new StatusLine();
const language = pageLanguage();
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });

function setFigure(name, text) {
  const figure = document.querySelector(`[data-figure="${name}"]`);
  if (figure.textContent !== text) figure.textContent = text;
}

const count = (value) => value?.toLocaleString(language) ?? words.unknown;

function stateWords({ store, layer }) {
  if (store && layer) return words.ok;
  return store ? words.layer : layer ? words.store : words.both;
}

// Of this machine; null if it has none.
function showPulse(pulse) {
  for (const name of ["cpu", "memory"]) setFigure(name, Number.isFinite(pulse?.[name]) ? percent.format(pulse[name] / 100) : words.noPulse);
  for (const host of document.querySelectorAll(".host")) host.textContent = pulse?.host ?? words.thisMachine;
}

function show(state) {
  status.show({ state: state.ok ? "open" : "closed" }, stateWords(state));
  setFigure("rooms", count(state.rooms));
  setFigure("people", count(state.people));
  for (const row of document.querySelectorAll("[data-pulse]")) row.hidden = state.machines === null;
  setFigure("machines", count(state.machines));
  showPulse(state.pulse);
}

const poll = new Poll("/state/", {
  onAnswer: show,
  onState(change) {
    const isBehind = change.state === "waiting";
    element("figures").toggleAttribute("data-stale", isBehind);
    if (isBehind) status.show(change, words.behind);
  },
});

element("reopen").addEventListener("click", () => {
  poll.ask();
  element("content").focus(); // the button that was pressed is gone soon
});
show(pageWords("server-state"));
poll.start();
