import { Socket } from "../rtproject/socket.js";
import { closeCodes, describe, showState } from "../rtproject/status.js";
import { showTime } from "../rtproject/times.js";

const FRAMES_KEPT = 200;
const CHARACTERS_SHOWN = 2000;

const element = (id) => document.getElementById(id);
const codes = closeCodes();
const socket = new Socket("/echo", { onState: showConnection, onMessage: (data) => addFrame("received", data) });

function showConnection(change) {
  showState(element("state"), change.state, describe(change, codes));
  element("close").hidden = change.state === "closed";
  element("reopen").hidden = change.state === "open" || change.state === "connecting";
  element("send-text").disabled = element("send-bytes").disabled = change.state !== "open";
}

function size(count, unit) {
  return `${count.toLocaleString()} ${unit}${count === 1 ? "" : "s"}`;
}

function clip(text) {
  return text.length > CHARACTERS_SHOWN ? `${text.slice(0, CHARACTERS_SHOWN)} …` : text;
}

function addFrame(direction, data) {
  const isText = typeof data === "string";
  const item = element("frame-template").content.firstElementChild.cloneNode(true);
  item.dataset.direction = direction;
  item.dataset.kind = isText ? "text" : "bytes";
  item.querySelector(".direction").textContent = direction;
  item.querySelector(".kind").textContent = isText
    ? `text, ${size(data.length, "character")}`
    : `bytes, ${size(data.byteLength, "byte")}`;
  item.querySelector(".data").textContent = clip(isText ? data : new TextDecoder().decode(data));
  showTime(item.querySelector("time"), new Date());
  const frames = element("frames");
  frames.append(item);
  while (frames.childElementCount > FRAMES_KEPT) frames.firstElementChild.remove();
  element("log").scrollTop = element("log").scrollHeight;
}

function send(data) {
  if (!socket.send(data)) return;
  addFrame("sent", data);
  element("text").select();
}

element("send-form").addEventListener("submit", (event) => {
  event.preventDefault();
  send(element("text").value);
});
element("send-bytes").addEventListener("click", () => send(new TextEncoder().encode(element("text").value)));
element("close").addEventListener("click", () => {
  socket.close();
  element("reopen").focus(); // the button that was pressed is gone now
});
element("reopen").addEventListener("click", () => {
  socket.open();
  element("close").focus();
});

socket.open();
