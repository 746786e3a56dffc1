// The name a guest goes by, remembered by the browser where it may.

const KEY = "rtproject.name";
let name = "";

export function loadName() {
  try {
    name = localStorage.getItem(KEY) ?? "";
  } catch {
    // Storage is switched off: the name then lasts as long as the page.
  }
  return name;
}

export function saveName(value) {
  name = value;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // As above.
  }
}

export const currentName = () => name;
