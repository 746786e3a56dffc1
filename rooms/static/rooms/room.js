import { closeCodes, describe, showState } from "../rtproject/status.js";
import { Conversation } from "./conversation.js";
import { errorWords } from "./frames.js";
import { currentName, loadName, saveName } from "./guest_name.js";
import { MessageList } from "./messages.js";

const PASSWORD_NEEDED = ["forbidden", "password changed"]; // names of close codes
const CHECK_EVERY = 30_000; // ms; a silent link is given up at the next check
const TOO_MANY = "Too many of your messages wait to be sent. Send this one when they are through.";

const element = (id) => document.getElementById(id);
const codes = closeCodes();
const nameForm = element("name-form"); // null for users who are logged in
let you = { name: element("your-name").textContent, guest: nameForm !== null }; // until `welcome` says it

const conversation = new Conversation(element("room").dataset.room, () => (nameForm ? currentName() : ""), {
  onState: showConnection,
  onWelcome(frame) {
    you = frame.you;
    showState(element("state"), "open", "You are in the room.");
    element("your-name").textContent = you.name;
    element("older").disabled = false;
  },
  onBegin() {
    messages.clear();
    messages.offerOlder(false);
  },
  onMessage(frame) {
    const own = conversation.isOurs(frame);
    messages.add(frame, own);
    messages.offerOlder(conversation.hasOlder);
    if (own) endDelay();
  },
  onOlder(frames) {
    messages.addOlder(frames.map((frame) => [frame, conversation.isOurs(frame)]), conversation.hasOlder);
  },
  onSaid(id) {
    messages.mark(id, "sent");
    endDelay();
  },
  onUnsent: (id) => messages.mark(id, "unsent"),
  onError(frame, isFinal) {
    if (isFinal) messages.mark(frame.id, "failed");
    complain(errorWords(frame, isFinal), !isFinal);
  },
  onFrame(frame) {
    if (frame.type === "notice") messages.addNotice(frame.text);
  },
});
const messages = new MessageList(document, takeBack, (seq) => conversation.forget(seq));

function showConnection(change) {
  const { state, code } = change;
  // Open is not yet in: the server may still turn us away, and only `welcome` says that it does not.
  if (state === "open") showState(element("state"), "connecting", "Joining…");
  else showState(element("state"), state, describe(change, codes));
  element("send").disabled = state === "closed";
  element("older").disabled = true;
  const needsPassword = state === "closed" && PASSWORD_NEEDED.includes(codes.get(code)?.name);
  element("enter-again").hidden = !needsPassword;
  element("other-rooms").hidden = state !== "closed" || needsPassword;
  element("reopen").hidden = state !== "waiting";
}

function complain(words, isDelay = false) {
  const line = element("say-error");
  line.toggleAttribute("data-delay", isDelay);
  if (line.textContent !== words) line.textContent = words; // else a screen reader would say it again
}

// What was delayed is through.
function endDelay() {
  if ("delay" in element("say-error").dataset) complain("");
}

function say() {
  const text = element("say").value;
  if (element("send").disabled || text.trim() === "") return;
  const id = conversation.say(text);
  complain(id ? "" : TOO_MANY);
  if (!id) return;
  messages.addWaiting(id, text, you);
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
element("older").addEventListener("click", () => conversation.older());
element("reopen").addEventListener("click", () => {
  conversation.open();
  element("say").focus();
});
nameForm?.addEventListener("submit", (event) => {
  event.preventDefault();
  saveName(element("guest-name").value.trim());
  conversation.reopen();
});

// A link can die without a word, for example when a laptop sleeps.
setInterval(() => conversation.checkLink(), CHECK_EVERY);

if (nameForm) element("guest-name").value = loadName();
conversation.open();
