/** The status line of the administrator's page: screen readers announce it, and it fades. */

import { make } from "../controls/dom.js";

const SHOWN = 6000; // milliseconds

export const line = make("p", { class: "fn-status", role: "status", dir: "auto" });
let wait = 0;

/** Shows `words`, also over an open dialog. */
export function say(words) {
  clearTimeout(wait);
  (document.querySelector("dialog[open]") ?? document.body).append(line);
  line.textContent = "";
  setTimeout(() => (line.textContent = words), 20);
  wait = setTimeout(() => (line.textContent = ""), SHOWN);
}
