// The whole page: the wall with its table, or one host by itself, and everything around them.

import { element, say, setAttribute, setText } from "./dom.js";
import { HostPage } from "./host_page.js";
import { countKinds, matches, statusOf, worstFirst } from "./status.js";
import { HostsTable } from "./tables.js";
import { duration, marked, timeZone } from "./units.js";
import { Wall } from "./wall.js";

/** The data that the parts of the page draw at one moment. */
export class Scene {
  /**
   * @param {import("./hosts.js").Hosts} hosts
   * @param {import("./samples.js").Samples} samples
   * @param {import("./alerts.js").Alerts} alerts
   * @param {boolean} areAlertsKnown whether the server could tell which fire
   * @param {import("./alerts.js").Thresholds} thresholds
   * @param {object} view see view.js
   * @param {number} range seconds, the chosen one or that of the data
   * @param {boolean} isLoaded whether the stored samples of the view are here
   * @param {boolean} isQuiet whether no pulses arrive at all
   * @param {import("./link.js").ServerClock} clock
   * @param {number | null} time of the cursor, Unix seconds
   * @param {{from: number, to: number} | null} selection of the cursor
   * @param {number} now Unix ms, by the clock by which hosts are seen
   * @param {{from: number, to: number}} span of the charts, Unix seconds
   */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** @param {import("./hosts.js").Host} host @returns {"live" | "silent" | "unknown"} */
  state(host) {
    return this.hosts.state(host, this.now);
  }

  /** The scale of a host's charts, for the cursor. */
  scale(host) {
    const series = this.samples.of(host.name);
    const step = series?.step ?? host.beat;
    const newest = series?.newest ?? Math.floor(this.span.to / step);
    return { span: this.span, step, last: (newest + 0.5) * step };
  }
}

/** Draws with the next animation frame, once for all requests until then; a hidden page has none. */
export class Painter {
  #draw;
  #changed = new Set();
  #isAll = false;
  #isPlanned = false;

  /** @param {(isChanged: (name: string) => boolean) => void} draw told which hosts' charts have to be drawn anew */
  constructor(draw) {
    this.#draw = draw;
  }

  /** Requests to write the figures and marks, and to draw the charts of a host, or of none. @param {string} [name] */
  draw(name) {
    if (name !== undefined) this.#changed.add(name);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => this.#paint());
  }

  /** Requests to draw all charts. */
  drawAll() {
    this.#isAll = true;
    this.draw();
  }

  #paint() {
    const [changed, isAll] = [this.#changed, this.#isAll];
    this.#changed = new Set();
    this.#isAll = false;
    this.#isPlanned = false;
    this.#draw((name) => isAll || changed.has(name));
  }
}

export class Screen {
  #scene;
  #announcer;
  #hrefOf;
  #onChoose;
  #wall;
  #hostPage;
  #table;
  #isReady = false;
  #focus = null; // moves the focus, once the page shows the chosen view

  /** The host that is shown by itself; "": all are. */
  host = "";

  /**
   * @param {object} parts
   * @param {import("./cursor.js").Cursor} parts.cursor
   * @param {() => Scene} parts.scene
   * @param {(host: string) => string} parts.hrefOf the address of a host's own page
   * @param {import("./announcer.js").Announcer} parts.announcer
   * @param {(changes: object) => void} parts.onChoose told of a choice with the controls
   */
  constructor({ cursor, scene, hrefOf, announcer, onChoose }) {
    this.#onChoose = onChoose;
    this.#scene = scene;
    this.#announcer = announcer;
    this.#hrefOf = hrefOf;
    this.#wall = new Wall(element("hosts"), cursor, (name) => this.#scaleOf(name), hrefOf);
    this.#hostPage = new HostPage(element("host"), cursor, () => this.#scaleOf(this.host));
    this.#table = new HostsTable(element("figures"), hrefOf);
    element("figures").addEventListener("toggle", () => this.show(this.#scene(), () => false));
    this.#listen(element("controls"), cursor);
  }

  #listen(form, cursor) {
    form.addEventListener("input", ({ target: { name, value } }) => {
      if (name === "range") this.#onChoose({ range: Number(value), from: 0, to: 0 });
      else this.#onChoose({ [name]: value });
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    element("zoom").addEventListener("click", ({ target: { dataset } }) => {
      const [host] = this.#scene().hosts.all();
      if (dataset.zoom === "all") this.#onChoose({ from: 0, to: 0 });
      else if (dataset.zoom && host) cursor.scaleBy(Number(dataset.zoom), this.#scaleOf(this.host || host.name));
    });
    element("counts").addEventListener("click", ({ target: { dataset } }) => dataset.kind && this.#onChoose({ q: say(`${dataset.kind}-kind`) }));
  }

  #scaleOf(name) {
    const scene = this.#scene();
    return scene.scale(scene.hosts.get(name));
  }

  /** Notes that stored samples came, or cannot be loaded: from now on the number of hosts is known. */
  ready() {
    this.#isReady = true;
  }

  /** Moves the focus to the content of a view that was chosen. */
  changed(view, before) {
    if (view.host && view.host !== before.host) this.#focus = () => this.#hostPage.focus();
    if (!view.host && before.host) this.#focus = () => this.#wall.focus(before.host);
  }

  /** @param {Scene} scene @param {(name: string) => boolean} isChanged see Painter */
  show(scene, isChanged) {
    const hosts = scene.hosts.all();
    this.#announcer.tellChanges(hosts, scene);
    setText(element("no-pulses"), scene.isQuiet ? say("no-pulses") : "");
    this.#showClocks(scene);
    if (!this.#isReady && hosts.length < 2) return;
    this.host = scene.view.host || (hosts.length === 1 ? hosts[0].name : "");
    const isWall = this.host === "";
    const all = worstFirst(hosts.map((host) => ({ host, status: statusOf(host, scene) })));
    const found = isWall ? all.filter((entry) => matches(entry, scene.view.q)) : [];
    this.#showControls(scene, isWall);
    this.#showCounts(isWall ? all : [], scene);
    this.#showHost(all, scene, isChanged);
    element("no-hosts").hidden = hosts.length > 0 || !isWall;
    element("none-found").hidden = !isWall || hosts.length === 0 || found.length > 0;
    for (const id of ["hosts", "figures"]) element(id).hidden = found.length === 0;
    this.#wall.show(found, scene, isChanged);
    this.#table.show(found, scene);
    this.#focus?.();
    this.#focus = null;
  }

  #showControls({ view, range, samples, isLoaded, time, span, clock }, isWall) {
    const { elements } = element("controls");
    elements.range.value = String(range);
    elements.chart.value = view.chart;
    if (elements.q !== document.activeElement) elements.q.value = view.q;
    for (const part of document.querySelectorAll(".of-wall")) part.hidden = !isWall;
    element("whole-range").hidden = view.from === 0;
    const ago = time === null ? "" : duration(Math.max(0, Math.round(clock.now() / 1000 - time)));
    let words = time === null ? "" : say("time-ago", { time: marked(time, samples.range), ago });
    if (time === null && view.from > 0) words = say("zoomed", { from: marked(span.from, samples.range), to: marked(span.to, samples.range) });
    setText(element("cursor-time"), isLoaded ? words : say("loading"));
  }

  #showClocks({ clock }) {
    setText(element("time-zone"), say("time-zone", { zone: timeZone(clock.now()) }));
    const time = duration(Math.round(Math.abs(clock.ahead) / 1000));
    setText(element("clock-off"), clock.isOff ? say(clock.ahead > 0 ? "own-clock-behind" : "own-clock-ahead", { time }) : "");
  }

  // That a host is fine is said only where the server can tell.
  #showCounts(entries, { areAlertsKnown }) {
    const counts = countKinds(entries.map(({ status }) => status)).filter(([kind]) => kind !== "fine" || areAlertsKnown);
    const isFine = counts.length === 1 && counts[0][0] === "fine";
    setText(element("all-fine"), isFine ? say("all-fine", { count: entries.length }) : "");
    for (const button of element("counts").querySelectorAll("button")) {
      const [, count] = (!isFine && counts.find(([kind]) => kind === button.dataset.kind)) || [];
      button.hidden = count === undefined;
      setText(button, say("count-kind", { count, kind: say(`${button.dataset.kind}-kind`) }));
    }
  }

  #showHost(all, scene, isChanged) {
    const entry = all.find(({ host }) => host.name === this.host);
    setAttribute(element("all-hosts"), "href", this.#hrefOf(""));
    element("all-hosts").hidden = this.host === "" || (all.length === 1 && entry !== undefined);
    const isUnknown = this.host !== "" && entry === undefined;
    element("unknown-host").hidden = !isUnknown;
    setText(element("unknown-host"), isUnknown ? say("unknown-host", { host: this.host }) : "");
    if (entry) this.#hostPage.show(entry, scene, isChanged(this.host));
    else this.#hostPage.hide();
  }
}
