// A browser's storage, as much of it as `Kept` uses.

/** Gives Node an empty `localStorage`. */
export function installStorage() {
  const kept = new Map();
  const value = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => kept.set(key, text),
    removeItem: (key) => kept.delete(key),
  };
  Object.defineProperty(globalThis, "localStorage", { value, configurable: true });
}
