/** One line that says what was done: read out, and seen for a while. */

import { make } from "../dom.js";
import { drawn } from "../gradio.js";

const SHOWN = 4000; // milliseconds

const line = make("p", { id: "fn-said", role: "status" });
let wait = 0;

/** Puts the line into the page's main part: a screen reader hears of changes to what is there already. */
export async function startSaying() {
  const conversation = await drawn("#fn-conversation");
  (conversation.closest("main") ?? document.body).append(line);
}

/** Says `words`; where they are `lasting`, they are to be seen until something else is said. */
export function say(words, { lasting = false } = {}) {
  clearTimeout(wait);
  // The same words again are a change, too.
  line.textContent = "";
  setTimeout(() => (line.textContent = words), 20);
  if (!lasting) wait = setTimeout(() => (line.textContent = ""), SHOWN);
}
