// The card of one host.

import { showTime } from "../rtproject/times.js";
import { beat, SAMPLES_KEPT, silence } from "./hosts.js";
import { linePaths } from "./line.js";
import { duration, filling, load, percent, rate } from "./units.js";

const FIGURES = {
  cpu: (pulse) => percent(pulse.cpu),
  cores: (pulse) => String(pulse.cores?.length ?? "–"),
  memory: (pulse) => filling(pulse.memory),
  swap: (pulse) => filling(pulse.swap),
  disk: (pulse) => filling(pulse.disk),
  load: (pulse) => load(pulse.load),
  received: (pulse) => rate(pulse.network?.received),
  sent: (pulse) => rate(pulse.network?.sent),
  uptime: (pulse) => duration(pulse.uptime),
};

const METERS = {
  cpu: (pulse) => pulse.cpu,
  memory: (pulse) => pulse.memory?.percent,
  swap: (pulse) => pulse.swap?.percent,
  disk: (pulse) => pulse.disk?.percent,
};

function setMeter(meter, value, label) {
  meter.value = Number.isFinite(value) ? value : 0;
  meter.textContent = percent(value);
  meter.setAttribute("aria-label", label);
}

export class HostCard {
  #element;

  /** @param {HTMLTemplateElement} template */
  constructor(template, name) {
    this.#element = template.content.firstElementChild.cloneNode(true);
    this.#element.dataset.host = name;
    this.#element.setAttribute("aria-label", name);
    this.#find(".name").textContent = name;
  }

  get element() {
    return this.#element;
  }

  #find(selector) {
    return this.#element.querySelector(selector);
  }

  /** Shows the host's newest pulse. */
  show(host) {
    const pulse = host.latest;
    showTime(this.#find(".seen time"), new Date(pulse.at));
    for (const [name, words] of Object.entries(FIGURES)) {
      this.#find(`[data-figure="${name}"]`).textContent = words(pulse);
    }
    for (const [name, value] of Object.entries(METERS)) {
      setMeter(this.#find(`[data-meter="${name}"]`), value(pulse), name);
    }
    this.#showCores(pulse.cores ?? []);
    this.#showLine(host);
  }

  #showCores(cores) {
    const list = this.#find(".cores");
    while (list.childElementCount > cores.length) list.lastElementChild.remove();
    while (list.childElementCount < cores.length) {
      const meter = this.#find('[data-meter="cpu"]').cloneNode();
      meter.removeAttribute("data-meter");
      list.appendChild(document.createElement("li")).append(meter);
    }
    cores.forEach((use, i) => {
      const meter = list.children[i].firstElementChild;
      setMeter(meter, use, `core ${i + 1}`);
      meter.title = `Core ${i + 1}: ${percent(use)}`;
    });
  }

  #showLine(host) {
    const { stroke, area } = linePaths(host.samples, beat(host.latest));
    const uses = host.samples.map(({ cpu }) => cpu);
    const span = duration(Math.round(SAMPLES_KEPT * beat(host.latest)));
    const range = `between ${percent(Math.min(...uses))} and ${percent(Math.max(...uses))}`;
    this.#find(".stroke").setAttribute("d", stroke);
    this.#find(".area").setAttribute("d", area);
    this.#find(".line").setAttribute("aria-label", `CPU over the last ${span}: ${range}`);
    this.#find("figcaption").textContent = `CPU over the last ${span}, ${range}`;
  }

  /** Shows whether the pulses have stopped; returns what there is to announce, or "". */
  showSilence(host, now) {
    const seconds = silence(host, now);
    const wasStale = "stale" in this.#element.dataset;
    this.#element.toggleAttribute("data-stale", seconds !== null);
    this.#find(".silence").textContent = seconds === null ? "" : ` · no pulse for ${seconds} s`;
    if (wasStale === (seconds !== null)) return "";
    return seconds === null ? `${host.name} is back.` : `${host.name}: no pulse for ${seconds} seconds.`;
  }
}
