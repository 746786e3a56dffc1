import { Socket } from "../rtproject/socket.js";
import { StatusLine } from "../rtproject/status.js";
import { AlertLists, alertWords } from "./alert_lists.js";
import { Alerts, Thresholds } from "./alerts.js";
import { Announcer } from "./announcer.js";
import { Archive } from "./archive.js";
import { Cursor } from "./cursor.js";
import { element, say } from "./dom.js";
import { Gaps } from "./gaps.js";
import { Hosts } from "./hosts.js";
import { LinkWatch, ServerClock } from "./link.js";
import { Samples } from "./samples.js";
import { spanAt } from "./scale.js";
import { Painter, Scene, Screen } from "./screen.js";
import { fittingRange, rangeOf, View } from "./view.js";
import { areLines } from "./wall.js";

const FIRST_ANSWER = 1_000; // ms that live pulses wait for the stored samples, so that the page appears as a whole
const FORBIDDEN = 4003; // close code; the text that all pages have for it speaks of a room
const HOUR = 3_600; // seconds
const DAY = 86_400_000; // ms; a host that was silent for longer is deleted

const page = JSON.parse(element("page").textContent); // of views.py
const status = new StatusLine();
const link = new LinkWatch();
const thresholds = new Thresholds(page.thresholds);
const title = document.title;

const view = new View(viewChanged);
const clock = new ServerClock();
const hosts = new Hosts();
const samples = new Samples(HOUR);
const alerts = new Alerts();
const painter = new Painter((isChanged) => paint(isChanged));
const cursor = new Cursor(() => painter.draw(), (zoom) => view.set(zoom ?? { from: 0, to: 0 }));
const hrefOf = (host) => view.href({ host });
const announcer = new Announcer(element("announcements"), element("alarms"));
const screen = new Screen({ cursor, scene, hrefOf, announcer, onChoose: (changes) => view.set(changes) });
const alertLists = new AlertLists(alerts, hrefOf);
const archive = new Archive(addressOf, loaded);
const gaps = new Gaps(() => ask());
const socket = new Socket("/stats?history=1&alerts=1", { onState: showConnection, onMessage: receive });
let fitting = { host: null, range: HOUR }; // the range in which the shown host has data, where none was chosen
let areAlertsKnown = false;
let wasDialled = false;
let wasOpen = false;
let isBehind = false; // whether there was a connection before this one, and nothing came on this one yet
let drawnTo = 0; // the right edge of the charts, Unix seconds

// Connected, but without a pulse of any host, so the fault is probably not the hosts'.
function isQuiet() {
  const states = new Set(hosts.all().map((host) => hosts.state(host, Date.now())));
  return socket.state === "open" && states.has("unknown") && !states.has("live");
}

const isLive = (host) => hosts.state(host, Date.now()) === "live";
const chosenRange = () => view.current.range || fitting.range;

function scene() {
  const { current } = view;
  const range = chosenRange();
  const oldest = current.range === 0 ? samples.oldest(screen.host) : undefined;
  return new Scene({
    ...{ hosts, samples, alerts, areAlertsKnown, thresholds, view: current, range, clock },
    ...{ time: cursor.time, selection: cursor.selection, now: Date.now(), isQuiet: isQuiet() },
    isLoaded: samples.isLoaded(wanted()),
    span: current.from > 0 ? { from: current.from, to: current.to } : spanAt(clock.now(), samples.range, oldest),
  });
}

function paint(isChanged) {
  screen.show(scene(), isChanged);
  alertLists.show(screen.host);
}

// What the charts of the view need: everything of one host, or one chart of many.
function addressOf({ range, host, chart }) {
  const part = host ? `&host=${encodeURIComponent(host)}` : chart ? `&chart=${chart}` : "";
  return `samples/?range=${range}${part}`;
}

function wanted() {
  const { host, chart } = view.current;
  const range = rangeOf(view.current, chosenRange(), clock.now() / 1000);
  return { range, host, chart: !host && areLines(Math.max(page.hosts, hosts.all().length)) ? chart : "" };
}

function ask() {
  archive.ask(wanted());
}

function showConnection(change) {
  status.show(change, change.code === FORBIDDEN ? say("forbidden") : undefined);
  link.reset();
  areAlertsKnown = false;
  element("unknown-alerts").hidden = true;
  if (change.state === "open") connected();
  showTitle();
  painter.draw();
}

function connected() {
  hosts.connected(Date.now());
  isBehind = wasOpen;
  wasOpen = true;
}

// Once, however often samples are loaded: the socket gets the close code and knows when to connect again.
function dial() {
  if (!wasDialled) socket.open();
  wasDialled = true;
}

function catchUp() {
  ask();
  alertLists.loadEvents();
}

function parse(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    return {};
  }
}

function receive(data) {
  const frame = parse(data);
  link.heard(Date.now(), frame.type === "pulse");
  if (isBehind) catchUp(); // only now: a connection that was opened may still be denied
  isBehind = false;
  if (frame.type === "pulse") receivePulse(frame);
  if (frame.type === "alerts" && Array.isArray(frame.alerts)) receiveAlerts(frame);
}

function receiveAlerts(frame) {
  areAlertsKnown = frame.current !== false;
  element("unknown-alerts").hidden = areAlertsKnown;
  // An empty list from a server that cannot know the alerts changes nothing.
  if (areAlertsKnown || frame.alerts.length > 0) tellAlerts(alerts.replace(frame.alerts));
  showTitle();
  if (areAlertsKnown && thresholds.replace(frame.thresholds, frame.host_thresholds)) painter.drawAll();
  else painter.draw();
}

function tellAlerts({ fired, resolved, isEvent }) {
  const sentence = (alert) => say("alert-news", { state: say(alert.state), host: alert.host, what: alertWords(alert) });
  for (const alert of fired) announcer.alarm(sentence(alert));
  for (const alert of resolved) announcer.tell(sentence(alert));
  if (isEvent) alertLists.loadEvents();
}

function receivePulse(frame) {
  const before = hosts.get(frame.host);
  const host = hosts.accept(frame, Date.now(), (time) => clock.here(time));
  if (host === null) return;
  samples.add(host);
  gaps.heard(host, before, Date.now());
  painter.draw(host.name);
}

function loaded(about, answer) {
  clock.set(answer?.now);
  if (about.range !== samples.range) cursor.set(null);
  // Without an answer, samples that are there already stay.
  if (answer !== null || about.range !== samples.range) samples.load(about, answer, (name) => hosts.get(name)?.beat ?? 5);
  for (const [name, { interval, last, seen }] of Object.entries(answer?.hosts ?? {})) {
    hosts.remember(name, last * 1000, clock.here(seen * 1000), interval, Date.now());
  }
  if (answer !== null) gaps.loaded(answer, hosts.all().filter((host) => isLive(host) && ["", host.name].includes(about.host)), Date.now());
  element("samples-missing").hidden = answer !== null || archive.isForbidden;
  screen.ready();
  painter.drawAll();
  dial();
  fitRange();
  if (answer !== null) askForMissing();
}

// Once for each host, as soon as it is known from when to when there is data.
function fitRange() {
  const { host, range } = view.current;
  if (range !== 0 || fitting.host === host || hosts.all().length === 0) return;
  const now = clock.now() / 1000;
  const newest = host ? now - (hosts.get(host)?.at ?? 0) / 1000 : 0;
  fitting = { host, range: fittingRange(now - (samples.oldest(host) ?? -Infinity), newest) };
}

function askForMissing() {
  if (!samples.isLoaded(wanted())) ask();
}

function viewChanged(current, before) {
  fitRange();
  askForMissing();
  screen.changed(current, before);
  painter.drawAll();
}

function showTitle() {
  const count = alerts.in("firing").length;
  const parts = [socket.state === "open" ? "" : say("title-disconnected"), count ? say("firing-count", { count }) : ""];
  document.title = [...parts, title].filter(Boolean).join(" · ");
}

function tick() {
  const slowest = Math.max(0, ...hosts.all().filter((host) => hosts.state(host, Date.now()) !== "silent").map(({ beat }) => beat));
  if (link.isDead(Date.now(), slowest)) socket.reopen();
  hosts.forgetBefore(Date.now() - DAY);
  samples.keep((name) => hosts.get(name) !== undefined);
  const { span } = scene();
  if (cursor.time !== null && cursor.time < span.from) cursor.set(null);
  if (span.to === drawnTo) painter.draw();
  else painter.drawAll();
  drawnTo = span.to;
}

element("reopen").addEventListener("click", () => socket.open());
document.addEventListener("pointerdown", ({ target }) => target.closest(".plot, #zoom") || cursor.set(null));
setInterval(tick, 1_000);
setTimeout(dial, FIRST_ANSWER);
ask();
