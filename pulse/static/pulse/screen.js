// The whole page: the wall with its table, or one host by itself, and everything around them.

import { Controls } from "./controls.js";
import { setText } from "./dom.js";
import { GoneList } from "./gone_list.js";
import { HostNews } from "./host_news.js";
import { HostPage } from "./host_page.js";
import { HostsTable } from "./hosts_table.js";
import { Wall } from "./wall.js";
import { say } from "./ui_text.js";

const element = (id) => document.getElementById(id);

export class Screen {
  #scene;
  #announcer;
  #controls;
  #wall;
  #hostPage;
  #table;
  #gone;
  #news = new HostNews();
  #host = ""; // whose page is shown
  #allHosts = element("all-hosts");
  #hrefOf;
  #isReady = false;
  #focus = null; // moves the focus, once the page shows the chosen view

  /**
   * @param {object} parts
   * @param {import("./crosshair.js").Crosshair} parts.crosshair
   * @param {() => import("./scene.js").Scene} parts.scene
   * @param {(host: string) => string} parts.hrefOf the address of a host's own page
   * @param {import("./announcer.js").Announcer} parts.announcer
   * @param {(changes: object) => void} parts.onChoose told of a choice with the buttons
   */
  constructor({ crosshair, scene, hrefOf, announcer, onChoose }) {
    this.#scene = scene;
    this.#announcer = announcer;
    this.#controls = new Controls(element("controls"), element("crosshair-time"), onChoose);
    this.#wall = new Wall(element("hosts"), crosshair, (name) => this.#scaleOf(name), hrefOf);
    this.#hostPage = new HostPage(element("host"), crosshair, () => this.#scaleOf(this.#host));
    this.#table = new HostsTable(element("figures"), hrefOf);
    this.#gone = new GoneList(element("gone"), hrefOf);
    element("figures").addEventListener("toggle", () => this.show(this.#scene(), () => false));
    this.#hrefOf = hrefOf;
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

  /** @param {import("./scene.js").Scene} scene @param {(name: string) => boolean} isChanged see Painter */
  show(scene, isChanged) {
    const hosts = scene.hosts.all();
    for (const sentence of this.#news.since(hosts, scene)) this.#announcer.tell(sentence);
    setText(element("no-pulses"), scene.isQuiet ? say("no-pulses") : "");
    const present = hosts.filter((host) => scene.state(host) !== "gone");
    const isOnly = hosts.length === 1 && present.length === 1;
    if (!this.#isReady && hosts.length < 2) return;
    this.#host = scene.view.host || (isOnly ? hosts[0].name : "");
    const isWall = this.#host === "";
    this.#controls.show(scene, isWall);
    element("wall-keys").hidden = !isWall;
    this.#showHost(scene, isChanged, isOnly);
    element("no-hosts").hidden = hosts.length > 0 || !isWall;
    for (const id of ["hosts", "figures"]) element(id).hidden = !isWall || present.length === 0;
    this.#wall.show(isWall ? present : [], scene, isChanged);
    this.#table.show(isWall ? present : [], scene);
    this.#gone.show(isWall ? hosts.filter((host) => !present.includes(host)) : []);
    this.#focus?.();
    this.#focus = null;
  }

  #showHost(scene, isChanged, isOnly) {
    const host = scene.hosts.get(this.#host);
    this.#allHosts.hidden = this.#host === "" || (isOnly && host !== undefined);
    this.#allHosts.href = this.#hrefOf("");
    const isUnknown = this.#host !== "" && host === undefined;
    element("unknown-host").hidden = !isUnknown;
    setText(element("unknown-host"), isUnknown ? say("unknown-host", { host: this.#host }) : "");
    if (host) this.#hostPage.show(host, scene, isChanged(host.name));
    else this.#hostPage.hide();
  }
}
