/** What this browser remembers of a reader's desk. It may be forbidden to, and then nothing is remembered. */

const PREFIX = "footnoted.";

/** What was remembered under a name, or `otherwise`. */
export function recall(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Remembers a value; null forgets it. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Without a place to write to, the desk is as it comes.
  }
}
