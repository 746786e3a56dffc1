// The name a guest goes by, remembered by the browser where it may.

import { Kept } from "./kept.js";

const kept = new Kept("localStorage", "name");
let name = "";

export function loadName() {
  name = kept.load() ?? "";
  return name;
}

export function saveName(value) {
  name = value; // without storage it lasts as long as the page
  kept.save(value);
}

export const currentName = () => name;

/** The name as the server writes it: composed, with plain spaces. */
export const writtenName = (given) => given.normalize("NFC").replace(/\p{Zs}/gu, " ").trim();
