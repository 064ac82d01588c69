/** Stores the reader's settings in the browser, unless the browser forbids it. */

const PREFIX = "footnoted.";

/** Returns the value stored under a name, or `otherwise`. */
export function recall(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Stores a value; null deletes it. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Without storage, the page starts with its defaults.
  }
}
