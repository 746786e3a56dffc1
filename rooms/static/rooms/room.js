import { StatusLine } from "../rtproject/status.js";
import { fill, listed, pageWords } from "../rtproject/ui_text.js";
import { Announcer } from "./announcer.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { renameDays } from "./days.js";
import { Entries } from "./entries.js";
import { asksPassword, errorWords, isHopeless, isTooBig } from "./frames.js";
import { Kept } from "./kept.js";
import { MemberPanel } from "./member_panel.js";
import { Members } from "./members.js";
import { mentions } from "./mention.js";
import { MessageList } from "./messages.js";
import { NameForm } from "./name_form.js";
import { Notifier } from "./notifier.js";
import { PasswordPrompt } from "./password_prompt.js";
import { Permalink } from "./permalink.js";
import { noteSeen } from "./seen.js";
import { Typists } from "./typists.js";
import { Unread } from "./unread.js";
import { followViewport } from "./viewport.js";

const NOT_FOUND = 4004; // close code: there is nothing to come back to
const ASK_AGAIN = 1000; // ms until older messages that were refused are asked for again

const element = (id) => document.getElementById(id);
const words = pageWords();
const status = new StatusLine();
const members = new Members();
const panel = new MemberPanel(document, members, words);
const announcer = new Announcer(element("announcements"), words);
const room = element("room").dataset.room;
const outbox = new Kept("sessionStorage", `unsent.${room}`);
const composer = new Composer(document, new Kept("localStorage", `draft.${room}`), say, () => conversation.type());
const typists = new Typists((names) => {
  element("typing").textContent = names.length > 0 ? fill(words.typing, { names: listed(names) }) : "";
});
const nameForm = new NameForm(document, words, () => {
  conversation.reopen();
  composer.focus();
});
const notifier = new Notifier(document, () => composer.complain(words.denied));
const prompt = new PasswordPrompt(document, words.password, () => conversation.open());
let you = nameForm.you; // until `welcome` says it
let isNextFresh = false; // it is the first one after some that were lost
let isKeeping = false;
let isKept = true; // whether a reload of the page loses none of our messages that only it has
let obstacle = ""; // the reason why no message can be sent, until the visitor removes it

const conversation = new Conversation(room, () => nameForm.name, {
  onState: showConnection,
  onWelcome: enter,
  onBegin(isCut) {
    messages.clear();
    messages.offerOlder(conversation);
    isNextFresh = isCut;
    if (isCut) announcer.tell(words.notKept);
  },
  onMessage: hear,
  onDeleted: (seq) => messages.delete(seq),
  onOlder(frames) {
    messages.addOlder(frames.map((frame) => [frame, conversation.isOurs(frame)]), conversation);
    permalink.go();
    composer.endDelay();
  },
  onSaid(id) {
    messages.mark(id, "sent");
    composer.endDelay();
  },
  onUnsent(id) {
    messages.mark(id, "unsent");
    announcer.tell(words.unsent);
  },
  onError(frame, isFinal) {
    if (frame.id === undefined) return askAgain(frame);
    if (isFinal) messages.mark(frame.id, isHopeless(frame) ? "refused" : "failed");
    composer.complain(errorWords(frame, isFinal, words), !isFinal);
  },
  onFrame(frame) {
    if (members.take(frame)) panel.changed();
    if (frame.type === "typing") typists.heard(frame.member);
    if (frame.type === "left") typists.stop(frame.member.id);
  },
});
const entries = new Entries(keepSoon);
const acts = {
  // Under its id the server stores it once, if it has it already.
  again: ({ frame: { id, text }, status }) => say(text, status === "unsent" ? { id } : {}) || composer.takeBack(text),
  "take-back": ({ frame: { text } }) => composer.takeBack(text),
  drop({ frame: { id, seq } }) {
    if (!seq) conversation.takeBack(id);
    else if (confirm(words.confirmDelete) && !conversation.delete(seq)) composer.complain(words.errors.unavailable);
  },
};
const messages = new MessageList(document, entries, words.status, {
  onAct: (action, entry) => acts[action](entry),
  onOlder: () => conversation.older(),
  onForget: (seq) => conversation.forget(seq),
  onFollow(follows) {
    element("jump").hidden = follows;
    unread.look();
  },
});
const permalink = new Permalink({
  reach: (seq) => conversation.reach(seq),
  reveal: (seq) => messages.reveal(seq),
  onMissing: () => composer.complain(words.notThere),
});
const unread = new Unread(document, words, () => messages.isFollowed);

function enter(frame) {
  you = frame.you;
  status.show({ state: "open" }, words.inside);
  messages.isIn = true;
  composer.complain(nameForm.show(you.name));
  closeDoor();
  element("empty").hidden = frame.history && frame.seq > 0;
  members.take(frame);
  panel.isStale = false;
  panel.changed();
  messages.lookUp();
  permalink.go();
}

function hear(frame) {
  const { from, text } = frame; // a notice is from nobody
  const own = conversation.isOurs(frame);
  const isNews = !own && conversation.isNews(frame);
  const isNamed = !own && from !== undefined && mentions(text, you.name);
  const isFresh = isNews && (unread.came(isNamed) || isNextFresh);
  isNextFresh &&= !isFresh;
  messages.add(frame, { own, isFresh, isNamed });
  messages.offerOlder(conversation);
  if (isNews) announcer.said(from?.name, text);
  if (isNews) notifier.tell(from?.name ?? document.title, text, isNamed);
  if (from && conversation.isNews(frame) && members.meet(from)) panel.changed();
  if (own) composer.endDelay();
  if (from) typists.stop(from.id);
  permalink.go();
}

// A request for older messages was refused. A reader who scrolls fast causes many, so `rate_limited` is not shown.
function askAgain(frame) {
  if (frame.code !== "rate_limited") composer.complain(errorWords(frame, true, words), true);
  setTimeout(() => {
    messages.lookUp();
    permalink.go();
  }, ASK_AGAIN);
}

function showConnection(change) {
  const { state, code } = change;
  // An open connection may still be denied, until the `welcome`.
  if (state === "open") status.show({ state: "connecting" }, words.joining);
  else status.show(change, words.ends[code]);
  const isClosed = state === "closed";
  const isOut = isClosed || state === "waiting";
  element("advice").textContent = isOut ? (words.advice[code] ?? "") : "";
  if (isOut) panel.isStale = true;
  messages.isIn = false;
  obstacle = isClosed ? (words.obstacles[code] ?? words.obstacles.other) : "";
  composer.isOpen = !isClosed;
  showWaysBack(isClosed, code);
}

// Leaves the focus to a reader who writes, and moves it from a button that disappears.
function showWaysBack(isClosed, code) {
  const needsPassword = isClosed && asksPassword(code);
  element("come-back").hidden = !isClosed || needsPassword || code === NOT_FOUND;
  element("other-rooms").hidden = !isClosed || needsPassword;
  if (!needsPassword || !element("door").hidden) return;
  element("door").hidden = false;
  if (!composer.isInUse) prompt.focus();
}

function closeDoor() {
  const door = element("door");
  if (door.contains(document.activeElement)) composer.focus();
  door.hidden = true;
}

// Whether the visitor comes from the password page, which has the same address.
function wasAtGate() {
  return document.referrer.split("?")[0] === location.origin + location.pathname;
}

function comeBack() {
  conversation.open();
  composer.focus();
}

/** @returns {boolean} whether the text was taken */
function say(text, kept) {
  const problem = obstacle || (isTooBig(text) ? words.errors.too_long : "");
  const id = problem === "" && conversation.say(text, kept);
  composer.complain(id ? "" : problem || words.tooMany);
  if (id) messages.addWaiting(id, text, you);
  return Boolean(id);
}

// Once for many changes.
function keepSoon() {
  if (!isKeeping) queueMicrotask(keep);
  isKeeping = true;
}

// Keeps our messages that only this page has.
function keep() {
  isKeeping = false;
  const open = entries.open.map(({ frame: { id, text, from }, at, status }) => ({ id, text, at, status, by: from.id }));
  isKept = outbox.save(open.length > 0 ? open : null) || open.length === 0;
}

// Those that another page has kept: what waited there is said by this one.
function takeUp() {
  for (const { id, text, at, status, by } of outbox.load() ?? []) {
    const isPending = status === "waiting" || status === "sending";
    if (isPending) conversation.say(text, { id, by, sentBy: status === "sending" ? (by ?? null) : null });
    messages.addWaiting(id, text, { ...you, id: by }, { at: new Date(at), status: isPending ? "waiting" : status });
  }
}

element("jump").addEventListener("click", () => {
  messages.toEnd();
  composer.focus();
});
element("reopen").addEventListener("click", comeBack);
element("come-back").addEventListener("click", comeBack);

// Also when the page is left.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") noteSeen(element("room").dataset.room, conversation.newest);
});
renameDays(element("messages"));
followViewport();
addEventListener("hashchange", () => permalink.seek());
permalink.seek();
addEventListener("beforeprint", () => messages.showAll());
addEventListener("afterprint", () => messages.isFollowed && messages.toEnd());
addEventListener("beforeunload", (event) => isKept || event.preventDefault());
takeUp();
if (wasAtGate()) composer.focus();
conversation.open();
