import { Socket } from "../rtproject/socket.js";
import { StatusLine } from "../rtproject/status.js";
import { AlertPanel } from "./alert_panel.js";
import { Alerts } from "./alerts.js";
import { Announcer } from "./announcer.js";
import { Archive } from "./archive.js";
import { Crosshair } from "./crosshair.js";
import { Gaps } from "./gaps.js";
import { Hosts } from "./hosts.js";
import { LinkWatch } from "./link_watch.js";
import { Painter } from "./painter.js";
import { Quiet } from "./quiet.js";
import { Samples } from "./samples.js";
import { Scene, spanAt } from "./scene.js";
import { Screen } from "./screen.js";
import { ServerClock } from "./server_clock.js";
import { Thresholds } from "./thresholds.js";
import { View } from "./view.js";
import { say } from "./ui_text.js";

const FIRST_ANSWER = 1_000; // ms that live pulses wait for the stored samples, so that the page appears as a whole
const FORBIDDEN = 4003; // close code; the text that all pages have for it speaks of a room
const DAY = 86_400_000; // ms; a host that was silent for longer is deleted

const element = (id) => document.getElementById(id);
const status = new StatusLine();
const link = new LinkWatch();
const quiet = new Quiet();
const thresholds = new Thresholds(JSON.parse(element("thresholds").textContent));
const title = document.title;

const view = new View(viewChanged);
const clock = new ServerClock();
const hosts = new Hosts();
const samples = new Samples(view.current.range);
const alerts = new Alerts();
const painter = new Painter((isChanged) => screen.show(scene(), isChanged));
const crosshair = new Crosshair(() => painter.write());
const hrefOf = (host) => view.href({ host });
const announcer = new Announcer(element("announcements"), element("alarms"));
const screen = new Screen({ crosshair, scene, hrefOf, announcer, onChoose: (changes) => view.set(changes) });
const alertPanel = new AlertPanel(
  alerts,
  announcer,
  {
    ...{ none: element("no-alerts"), unknown: element("unknown-alerts"), firing: element("firing") },
    ...{ now: element("alerts"), pending: element("pending"), events: element("events"), noEvents: element("no-events") },
  },
  hrefOf,
);
const archive = new Archive((range) => `samples/?range=${range}`, loaded);
const gaps = new Gaps(() => archive.ask(view.current.range));
const socket = new Socket("/stats?history=1&alerts=1", { onState: showConnection, onMessage: receive });
let wasDialled = false;
let wasOpen = false;
let isBehind = false; // whether there was a connection before this one, and nothing came on this one yet
let drawnTo = 0; // the right edge of the charts, Unix seconds

const isLive = (host) => hosts.state(host, Date.now()) === "live";
const isPresent = (host) => hosts.state(host, Date.now()) !== "gone";

function scene() {
  const serverNow = clock.now();
  const span = spanAt(serverNow, samples.range);
  const { current } = view;
  return new Scene({
    ...{ hosts, samples, alerts, thresholds: thresholds.current, view: current, time: crosshair.time },
    ...{ now: Date.now(), serverNow, span, isQuiet: quiet.isQuiet },
  });
}

function showConnection(change) {
  status.show(change, change.code === FORBIDDEN ? say("forbidden") : undefined);
  link.reset();
  quiet.connection(change.state, Date.now());
  if (change.state === "open") connected();
  else disconnected();
  showTitle();
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

function disconnected() {
  hosts.disconnected();
  alertPanel.disconnected();
}

function catchUp() {
  archive.ask(view.current.range);
  alertPanel.showEvents();
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
  const isKnown = frame.current !== false;
  // An empty list from a server that cannot know the alerts changes nothing.
  if (isKnown || frame.alerts.length > 0) alertPanel.receive(frame.alerts);
  if (!isKnown) alertPanel.outdated();
  showTitle();
  if (isKnown && thresholds.replace(frame.thresholds)) painter.drawAll();
  else painter.write();
}

function receivePulse(frame) {
  const before = hosts.get(frame.host);
  const host = hosts.accept(frame, Date.now(), (time) => clock.here(time));
  if (host === null) return;
  samples.add(host);
  if (hosts.isLive(Date.now())) quiet.heard(Date.now());
  gaps.heard(host, before, Date.now());
  painter.draw(host.name);
}

function loaded(range, answer) {
  clock.set(answer?.now);
  if (range !== samples.range) crosshair.set(null);
  // Without an answer, samples that are there already stay.
  if (answer !== null || range !== samples.range) samples.load(range, answer, (name) => hosts.get(name)?.beat ?? 5);
  for (const [name, { interval, last, seen }] of Object.entries(answer?.hosts ?? {})) {
    hosts.remember(name, last * 1000, clock.here(seen * 1000), interval);
  }
  if (answer !== null) gaps.loaded(answer, hosts.all().filter(isLive), Date.now());
  element("samples-missing").hidden = answer !== null || archive.isForbidden;
  screen.ready();
  painter.drawAll();
  dial();
}

function viewChanged(current, before) {
  if (current.range !== before.range) archive.ask(current.range);
  screen.changed(current, before);
  painter.drawAll();
}

function showTitle() {
  const count = alerts.in("firing").length;
  const parts = [socket.state === "open" ? "" : say("title-disconnected"), count ? say("firing-count", { count }) : ""];
  document.title = [...parts, title].filter(Boolean).join(" · ");
}

function tick() {
  const slowest = Math.max(0, ...hosts.all().filter(isPresent).map(({ beat }) => beat));
  if (link.isDead(Date.now(), slowest)) socket.reopen();
  quiet.look(Date.now(), slowest);
  hosts.forgetBefore(Date.now() - DAY);
  samples.keep((name) => hosts.get(name) !== undefined);
  const { span } = scene();
  if (crosshair.time !== null && crosshair.time < span.from) crosshair.set(null);
  if (span.to === drawnTo) painter.write();
  else painter.drawAll();
  drawnTo = span.to;
}

element("reopen").addEventListener("click", () => socket.open());
document.addEventListener("pointerdown", ({ target }) => target.closest(".plot") || crosshair.set(null));
setInterval(tick, 1_000);
setTimeout(dial, FIRST_ANSWER);
catchUp();
