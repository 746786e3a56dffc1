// A viewport of which a keyboard can cover a part, as Safari has it: the page's own height does not change.

let covered = 0;
const real = visualViewport;
const viewport = new EventTarget();
Object.defineProperties(viewport, { scale: { get: () => real.scale }, height: { get: () => real.height - covered } });
Object.defineProperty(globalThis, "visualViewport", { value: viewport });
const tell = () => viewport.dispatchEvent(new Event("resize"));
real.addEventListener("resize", tell);

/** Shows a keyboard of this height. */
globalThis.cover = (pixels) => {
  covered = pixels;
  tell();
};
