// Sends what is typed, and lists what everybody sends.

import { Socket } from "../rtproject/socket.js";
import { StatusLine } from "../rtproject/status.js";

const element = (id) => document.getElementById(id);
const status = new StatusLine();
const socket = new Socket("/{{ app_name }}", {
  onState: (change) => status.show(change),
  onMessage: (text) => element("received").append(item(text)),
  queue: { frames: 10 },
});

function item(text) {
  const added = document.createElement("li");
  added.textContent = text; // never as HTML
  return added;
}

element("send-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket.send(element("text").value)) element("text").value = "";
});
element("reopen").addEventListener("click", () => socket.open());
socket.open();
