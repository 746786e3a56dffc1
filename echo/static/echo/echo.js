import { Socket } from "../rtproject/socket.js";
import { StatusLine } from "../rtproject/status.js";
import { fill, pageLanguage, pageWords } from "../rtproject/ui_text.js";
import { parseHex } from "./bytes.js";
import { FrameLog, span } from "./frame_log.js";
import { RoundTrips } from "./round_trips.js";

const MOST_AT_ONCE = 1000; // frames
const QUIET = 300; // ms in which nothing came before the figures are announced

const element = (id) => document.getElementById(id);
const words = pageWords();
const status = new StatusLine();
const log = new FrameLog(element("log"), element("frames"), element("frame-template"), words);
const trips = new RoundTrips();
// Random, so that its echo is not mistaken for that of a frame that the reader sent.
const beat = `heartbeat ${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
let dialled = 0; // when the attempt to connect began
let closedWith = null; // the code, if this page ended the connection
let announcement = null;

const socket = new Socket("/echo", {
  onState: showConnection,
  onMessage: receive,
  heartbeat: { message: beat, isAnswer: (data) => data === `Echo: ${beat}` },
});

function showConnection(change) {
  const { state, code } = change;
  status.show(change);
  element("connect").hidden = state !== "closed";
  element("send").disabled = element("close").disabled = state !== "open";
  if (state === "connecting") dialled = performance.now();
  if (state === "open") log.addEvent(fill(words.opened, { time: span(performance.now() - dialled) }));
  if (state === "closing") log.addEvent(fill(words.closing, { code: closedWith }));
  if (state === "waiting" || state === "closed") ended(code);
}

function ended(code) {
  for (const { row } of trips.lose()) log.note(row, words.unanswered, true);
  log.addEvent(fill(closedWith === null ? words.lost : words.closed, { code }));
  if (closedWith !== null) element("connect").focus(); // the button that was pressed is gone now
  closedWith = null;
}

function receive(data) {
  const answer = trips.received(performance.now());
  const note = answer ? fill(words.roundTrip, { time: span(answer.trip) }) : "";
  log.addFrame("received", typeof data === "string" ? data : new Uint8Array(data), note);
  clearTimeout(announcement);
  announcement = setTimeout(showSummary, QUIET);
}

function showSummary() {
  const { count, ...spans } = trips.summary ?? { count: 0 };
  const values = Object.entries(spans).map(([name, time]) => [name, span(time)]);
  const figures = { count: count.toLocaleString(pageLanguage()), ...Object.fromEntries(values) };
  element("summary").textContent = count === 0 ? words.noTrips : fill(words.summary, figures);
}

// Shows an error at an input, or clears it with an empty sentence.
function complain(input, error, sentence) {
  input.setAttribute("aria-invalid", sentence !== "");
  if (sentence) input.focus();
  element(error).textContent = sentence;
}

function send() {
  const isText = element("as-text").checked;
  const data = isText ? element("data").value : parseHex(element("data").value);
  complain(element("data"), "send-error", data === null ? words.badHex : "");
  const count = Number(element("count").value);
  const isCount = Number.isInteger(count) && count >= 1 && count <= MOST_AT_ONCE;
  if (data !== null) complain(element("count"), "send-error", isCount ? "" : fill(words.badCount, { most: MOST_AT_ONCE }));
  if (data === null || !isCount) return;
  const frames = sendAll(data, count);
  // After all of them, so that the list does not slow the round trips.
  for (const frame of frames) frame.row = log.addFrame("sent", data);
  if (frames.length < count) complain(element("data"), "send-error", words.notSent);
}

function sendAll(data, count) {
  const frames = [];
  for (let at = performance.now(); frames.length < count && socket.send(data); at = performance.now()) {
    frames.push({ row: null });
    trips.sent(frames.at(-1), at);
  }
  return frames;
}

function close() {
  const code = Number(element("code").value);
  const isCode = code === 1000 || (Number.isInteger(code) && code >= 3000 && code <= 4999);
  complain(element("code"), "close-error", isCode ? "" : words.badCode);
  if (!isCode) return;
  closedWith = code;
  socket.close(code);
}

element("send-form").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
element("data").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return; // composing: Enter picks a word
  event.preventDefault();
  element("send-form").requestSubmit();
});
element("close-form").addEventListener("submit", (event) => {
  event.preventDefault();
  close();
});
element("clear").addEventListener("click", () => {
  log.clear();
  trips.forget();
  showSummary();
});
for (const id of ["connect", "reopen"]) {
  element(id).addEventListener("click", () => {
    socket.open();
    element("data").focus(); // the button that was pressed is gone now
  });
}

showSummary();
socket.open();
