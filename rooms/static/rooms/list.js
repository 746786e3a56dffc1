import { Poll } from "../rtproject/poll.js";
import { StatusLine } from "../rtproject/status.js";
import { pageLanguage, pageWords } from "../rtproject/ui_text.js";
import { RoomCards } from "./room_cards.js";

const AGE_EVERY = 15_000; // ms between two updates of the messages' ages

const element = (id) => document.getElementById(id);
const words = pageWords();
const status = new StatusLine();
const cards = new RoomCards(element("rooms"), element("room-template"), words);

const poll = new Poll(".live", {
  onAnswer: ({ rooms, more }) => {
    cards.show(rooms);
    element("no-rooms").hidden = rooms.length > 0;
    element("more").hidden = more === 0;
    element("more-count").textContent = more.toLocaleString(pageLanguage());
  },
  onState(change) {
    const isBehind = change.state === "waiting";
    status.show(change, isBehind ? words.behind : words.live);
    element("rooms").toggleAttribute("data-stale", isBehind);
  },
});

element("reopen").addEventListener("click", () => {
  poll.ask();
  element("content").focus(); // the button that was pressed is gone soon
});
setInterval(() => cards.showAges(), AGE_EVERY);
for (const event of ["pageshow", "storage"]) addEventListener(event, () => cards.showUnread());
cards.showAges();
poll.start();
