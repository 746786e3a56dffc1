// How much of the page can be seen. A phone's keyboard covers a part that the page's own height does not know of.

const LITTLE = 450; // pixels, in which only what is needed to write has a place

/** Keeps `--visible-height` and `data-little` of the page's root at what the viewport is. */
export function followViewport(root = document.documentElement, viewport = globalThis.visualViewport) {
  const update = () => {
    if (viewport.scale > 1.01) return; // somebody looks closer: nothing is covered
    root.style.setProperty("--visible-height", `${viewport.height}px`);
    root.toggleAttribute("data-little", viewport.height < LITTLE);
    globalThis.scrollTo(0, 0); // Safari moves the page up instead, and the head would be out of sight
  };
  viewport.addEventListener("resize", update);
  update();
}
