import { Socket } from "../rtproject/socket.js";
import { closeCodes, describe, showState } from "../rtproject/status.js";
import { errorWords, newId, parseFrame, roomPath } from "./frames.js";
import { currentName, loadName, saveName } from "./guest_name.js";
import { MessageList } from "./messages.js";

const PASSWORD_NEEDED = ["forbidden", "password changed"]; // names of close codes
const PING_EVERY = 30_000; // ms; a silent link is given up at the next ping

const element = (id) => document.getElementById(id);
const codes = closeCodes();
const messages = new MessageList(document, takeBack);
const nameForm = element("name-form"); // null for users who are logged in
let you = null; // from `welcome`, null while not in the room
let heard = true; // anything since the last ping

const socket = new Socket(() => roomPath(element("room").dataset.room, nameForm ? currentName() : ""), {
  protocols: ["rtproject.v1"],
  onState: showConnection,
  onMessage: receive,
});

function showConnection(change) {
  const { state, code } = change;
  // Open is not yet in: the server may still turn us away, and only `welcome` says that it does not.
  if (state === "open") showState(element("state"), "connecting", "Joining…");
  else showState(element("state"), state, describe(change, codes));
  you = null;
  heard = true;
  messages.loseConnection();
  element("send").disabled = true;
  const needsPassword = state === "closed" && PASSWORD_NEEDED.includes(codes.get(code)?.name);
  element("enter-again").hidden = !needsPassword;
  element("other-rooms").hidden = state !== "closed" || needsPassword;
  element("reopen").hidden = state !== "waiting";
}

const handlers = {
  welcome(frame) {
    you = frame.you;
    showState(element("state"), "open", "You are in the room.");
    element("your-name").textContent = you.name;
    element("send").disabled = false;
  },
  message(frame) {
    messages.add(frame, frame.from.id === you?.id);
  },
  error(frame) {
    messages.fail(frame.id);
    element("say-error").textContent = errorWords(frame);
  },
  notice(frame) {
    messages.addNotice(frame.text);
  },
};

function receive(data) {
  heard = true;
  const frame = parseFrame(data);
  if (frame && Object.hasOwn(handlers, frame.type)) handlers[frame.type](frame);
}

function say() {
  const text = element("say").value;
  if (you === null || text.trim() === "") return;
  const id = newId();
  if (!socket.send(JSON.stringify({ type: "say", text, id }))) return;
  messages.addPending(id, text, you);
  element("say-error").textContent = "";
  element("say").value = "";
}

// What is in the input by now stays, below what comes back.
function takeBack(text) {
  const input = element("say");
  input.value = input.value ? `${text}\n${input.value}` : text;
  input.focus();
}

element("say-form").addEventListener("submit", (event) => {
  event.preventDefault();
  say();
  element("say").focus();
});
element("say").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return; // composing: Enter picks a word
  event.preventDefault();
  say();
});
element("reopen").addEventListener("click", () => {
  socket.open();
  element("say").focus();
});
nameForm?.addEventListener("submit", (event) => {
  event.preventDefault();
  saveName(element("guest-name").value.trim());
  socket.reopen();
});

// A link can die without a word, for example when a laptop sleeps.
setInterval(() => {
  if (you === null) return;
  if (!heard) return socket.reopen();
  heard = false;
  socket.send(JSON.stringify({ type: "ping" }));
}, PING_EVERY);

if (nameForm) element("guest-name").value = loadName();
socket.open();
