/** One line that says what was done: read out, and seen for a while. */

import { make } from "../dom.js";

const SHOWN = 4000; // milliseconds

const line = make("p", { id: "fn-said", role: "status" });
let wait = 0;

/** Says `words`; an error's are to be seen until something else is said. */
export function say(words, { lasting = false } = {}) {
  const main = document.querySelector("#fn-conversation")?.closest("main") ?? document.body;
  if (!line.isConnected) main.append(line);
  clearTimeout(wait);
  // The same words again are a change, too.
  line.textContent = "";
  setTimeout(() => (line.textContent = words), 20);
  if (!lasting) wait = setTimeout(() => (line.textContent = ""), SHOWN);
}
