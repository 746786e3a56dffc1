// The visible height of the page, of which a phone's keyboard takes a part.

const LEFT_BY_KEYBOARD = 0.75; // of the height, at most
const touch = globalThis.matchMedia?.("(pointer: coarse)");

/** Keeps `--visible-height` of the page's root up to date, and `data-little`: whether a keyboard covers the page. */
export function followViewport(root = document.documentElement, viewport = globalThis.visualViewport) {
  const heights = new Map(); // width -> the greatest height: another width is another orientation or zoom
  const update = () => {
    if (viewport.scale > 1.01) return; // zoomed in: nothing is covered
    const whole = Math.max(heights.get(root.clientWidth) ?? 0, root.clientHeight, viewport.height);
    heights.set(root.clientWidth, whole);
    const wasCovered = root.hasAttribute("data-little");
    const isCovered = touch.matches && viewport.height < LEFT_BY_KEYBOARD * whole && isWritten(document.activeElement);
    root.style.setProperty("--visible-height", `${viewport.height}px`);
    root.toggleAttribute("data-little", isCovered);
    if (isCovered || wasCovered) globalThis.scrollTo(0, 0); // Safari moves the page up, and the head would be out of sight
  };
  viewport.addEventListener("resize", update);
  update();
}

const isWritten = (element) => element?.matches("input, textarea") === true;
