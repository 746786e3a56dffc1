import assert from "node:assert/strict";
import { test } from "node:test";

import { Notifier } from "../../static/rooms/notifier.js";
import { installStorage } from "./support/storage.js";

// A page in a browser that may notify, if the reader lets it, and what it shows.
function played(t, permission = "granted") {
  const [shown, button] = [[], new EventTarget()];
  t.mock.timers.enable({ apis: ["Date"], now: 10_000 });
  globalThis.Notification = class {
    static permission = "default";
    static requestPermission = async () => (this.permission = permission);
    constructor(title, { body }) {
      shown.push(`${title}: ${body}`);
    }
  };
  installStorage();
  Object.assign(globalThis, { isSecureContext: true, location: { pathname: "/rooms/lobby/" } });
  const page = { visibilityState: "hidden", getElementById: () => button };
  const notifier = new Notifier(page, () => shown.push("denied"));
  const press = async () => {
    button.dispatchEvent(new Event("click"));
    await new Promise((done) => setImmediate(done));
  };
  return { page, button, shown, press, tell: (text, isUrgent = false) => notifier.tell("Bob", text, isUrgent) };
}

test("who asked for it is notified while the page is hidden, now and then, and always by name", async (t) => {
  const { page, button, shown, press, tell } = played(t);
  tell("not asked for");
  await press();
  assert.deepEqual([button.hidden, button.ariaPressed], [false, true]);
  tell("one");
  tell("at once");
  tell("@you", true);
  t.mock.timers.tick(5000);
  tell("later");
  page.visibilityState = "visible";
  tell("seen", true);
  page.visibilityState = "hidden";
  await press();
  tell("not any more", true);
  assert.deepEqual(shown, ["Bob: one", "Bob: @you", "Bob: later"]);
});

test("a browser that does not let it is not asked to notify", async (t) => {
  const { button, shown, press, tell } = played(t, "denied");
  await press();
  tell("one", true);
  assert.deepEqual([shown, button.ariaPressed], [["denied"], false]);
});
