// For the page of a room whose messages are numbered.

/** Scrolls to the top until the first message of all is there; returns how many elements there were at most. */
globalThis.goUp = async () => {
  const [log, list] = ["log", "messages"].map((id) => document.getElementById(id));
  const first = () => list.querySelector(".message").dataset.seq;
  let most = 0;
  while (first() !== "1") {
    const before = first();
    await new Promise((done) => {
      const observer = new MutationObserver(() => {
        if (first() === before) return;
        observer.disconnect();
        done();
      });
      observer.observe(list, { childList: true });
      log.scrollTop = 0;
    });
    most = Math.max(most, list.childElementCount);
  }
  return most;
};
