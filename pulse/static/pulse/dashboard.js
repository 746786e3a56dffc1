import { Socket } from "../rtproject/socket.js";
import { closeCodes, describe, showState } from "../rtproject/status.js";
import { HostCard } from "./host_card.js";
import { Hosts, SAMPLES_KEPT } from "./hosts.js";

const element = (id) => document.getElementById(id);
const codes = closeCodes();
const hosts = new Hosts();
const cards = new Map(); // host's name -> HostCard
const changed = new Set(); // names of hosts to draw with the next frame of the screen

const socket = new Socket(`/stats?history=${SAMPLES_KEPT}`, { onState: showConnection, onMessage: receive });

function showConnection(change) {
  if (change.state === "open") hosts.connected(Date.now());
  showState(element("state"), change.state, describe(change, codes));
  element("reopen").hidden = change.state !== "waiting";
}

function parsePulse(data) {
  try {
    const frame = JSON.parse(data);
    return frame?.type === "pulse" ? frame : null;
  } catch {
    return null;
  }
}

function receive(data) {
  const frame = parsePulse(data);
  const host = frame && hosts.accept(frame, Date.now());
  if (!host) return;
  if (changed.size === 0) requestAnimationFrame(draw);
  changed.add(host.name);
}

function draw() {
  placeCards();
  for (const name of changed) {
    const host = hosts.get(name);
    if (host) cards.get(name).show(host);
  }
  changed.clear();
  tick();
}

// One card a host, in the order of their names; a card that is already in its place is not touched.
function placeCards() {
  const list = element("hosts");
  const all = hosts.all();
  const names = new Set(all.map(({ name }) => name));
  for (const [name, card] of cards) {
    if (!names.has(name)) {
      card.element.remove();
      cards.delete(name);
    }
  }
  all.forEach(({ name }, place) => {
    if (!cards.has(name)) cards.set(name, new HostCard(element("host-template"), name));
    const card = cards.get(name).element;
    const there = list.children[place] ?? null;
    if (there !== card) list.insertBefore(card, there);
  });
  element("no-hosts").hidden = all.length > 0;
}

function tick() {
  const now = Date.now();
  const news = hosts.all().map((host) => cards.get(host.name)?.showSilence(host, now) ?? "");
  const words = news.filter(Boolean).join(" ");
  if (words) element("announcements").textContent = words;
}

element("reopen").addEventListener("click", () => socket.open());
setInterval(tick, 1000);
socket.open();
