// The visible height of the page: a phone's keyboard covers a part of it, but does not change its own height.

const LITTLE = 450; // pixels, in which only the parts that are needed to write have a place

/** Keeps `--visible-height` and `data-little` of the page's root up to date. */
export function followViewport(root = document.documentElement, viewport = globalThis.visualViewport) {
  const update = () => {
    if (viewport.scale > 1.01) return; // zoomed in: nothing is covered
    root.style.setProperty("--visible-height", `${viewport.height}px`);
    root.toggleAttribute("data-little", viewport.height < LITTLE);
    globalThis.scrollTo(0, 0); // Safari moves the page up instead, and the head would be out of sight
  };
  viewport.addEventListener("resize", update);
  update();
}
