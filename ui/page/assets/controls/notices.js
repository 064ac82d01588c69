/** Shows messages to the reader: notices at the edge of the page, and a status line in the conversation. */

import { drawn } from "../gradio.js";
import { t } from "../i18n.js";
import { button, icon, make } from "./dom.js";

const SECONDS = 10;
const polite = make("div", { role: "status" });
const urgent = make("div", { role: "alert" });
const place = make("div", { id: "fn-toasts" }, urgent, polite);

/**
 * Shows a notice for ten seconds; the time stops while the pointer or the focus is on it. `action` is {words,
 * run}: a button, which also closes the notice. `over` runs if the notice closes without the action. An
 * `alert` interrupts a screen reader.
 */
export function notify(words, { action = null, over = () => {}, alert = false } = {}) {
  const timer = { left: SECONDS * 1000, since: 0, id: null };
  const go = (after) => {
    clearTimeout(timer.id);
    leave(notice);
    after();
  };
  const act = action && button(action.words, () => go(action.run), { class: "fn-toast-action" });
  const closing = { class: "fn-toast-close", "aria-label": t("toasts.close") };
  const shut = button(icon("close"), () => go(over), closing);
  const notice = make("div.fn-toast", make("p", { dir: "auto" }, words), act, shut);
  const stop = () => {
    clearTimeout(timer.id);
    timer.left -= timer.since ? performance.now() - timer.since : 0;
    timer.since = 0;
  };
  const start = () => {
    if (timer.since || notice.matches(":hover, :focus-within")) return;
    timer.since = performance.now();
    timer.id = setTimeout(() => go(over), Math.max(timer.left, 0));
  };
  for (const held of ["pointerenter", "focusin"]) notice.addEventListener(held, stop);
  // At `focusout` the focus has not moved yet, so `start` runs afterwards.
  for (const freed of ["pointerleave", "focusout"]) notice.addEventListener(freed, () => setTimeout(start));
  (alert ? urgent : polite).append(notice);
  start();
}

function leave(notice) {
  const last = notice.contains(document.activeElement) ? origin : null;
  notice.remove();
  if (last?.isConnected) last.focus({ preventScroll: true });
}

let origin = null; // the element that had the focus before a notice

export const runNewest = () => [...place.querySelectorAll(".fn-toast-action")].at(-1)?.click();

export function startToasts() {
  document.body.append(place);
  place.addEventListener("focusin", ({ relatedTarget }) => {
    if (relatedTarget && !place.contains(relatedTarget)) origin = relatedTarget;
  });
}

// The status line

const SHOWN = 6000; // milliseconds

const line = make("p", { id: "fn-said", role: "status", dir: "auto" });
let wait = 0;

/** Puts the line into an element; screen readers announce changes only of a line that is there already. */
export const placeLine = (element) => element.append(line);

export async function startSaying() {
  const conversation = await drawn("#fn-conversation");
  placeLine(conversation.closest("main") ?? document.body);
}

/** Shows `words` in the status line for six seconds, or until the next message if they are `lasting`. */
export function say(words, { lasting = false } = {}) {
  clearTimeout(wait);
  // Empty the line first, so that a screen reader also announces the same words again.
  line.textContent = "";
  setTimeout(() => (line.textContent = words), 20);
  if (!lasting) wait = setTimeout(() => (line.textContent = ""), SHOWN);
}
