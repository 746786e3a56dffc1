// The way through the log by keyboard: Enter leads to the last message in view, the arrows from one to the next.

/**
 * @param {HTMLElement} log
 * @param {HTMLElement} list of the messages in it, each with a link `.at`, which Tab passes over
 */
export function stepByKeys(log, list) {
  log.addEventListener("keydown", (event) => {
    const item = event.target.closest("#messages > li");
    const isSeen = (each) => each.getBoundingClientRect().top < log.getBoundingClientRect().bottom;
    const to = {
      ArrowUp: () => item?.previousElementSibling,
      ArrowDown: () => item?.nextElementSibling,
      Enter: () => event.target === log && [...list.children].findLast(isSeen),
    };
    const next = Object.hasOwn(to, event.key) && to[event.key]();
    if (!next) return;
    event.preventDefault();
    next.querySelector(".at").focus();
  });
}
