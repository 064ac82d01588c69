/*
 * The source panel beside the chat: the library's reports, and one report's text at a footnote's words.
 *
 * A footnote mark is a link to #cite-DOCUMENT-VERSION-START-END; the offsets count code points of the
 * document's text, as everywhere in the product, while JavaScript's strings count UTF-16 units. Words of a
 * document reach the page through text nodes and attributes only, never as markup.
 */

import { findAgain, remembered, watchConversation } from "./conversation.js";
import { make } from "./dom.js";
import { showLibrary, startLibrary } from "./library.js";
import { desk, lead } from "./panel.js";
import { openSource } from "./reading.js";

const CITATION = /^#cite-(\d+)-(\d+)-(\d+)-(\d+)$/;

const narrow = matchMedia("(max-width: 62rem)");
const state = { origin: null };
let opener;

function openDrawer() {
  desk.classList.add("fn-open");
  opener.setAttribute("aria-expanded", "true");
  document.querySelector("gradio-app").inert = true;
}

function closeDrawer() {
  document.querySelector("gradio-app").inert = false;
  opener.setAttribute("aria-expanded", "false");
  desk.classList.remove("fn-open");
}

function toLibrary(focus) {
  markCurrent(null);
  showLibrary(focus);
}

/** Back to the conversation: the drawer goes, the list returns, the focus is on the mark again. */
function close() {
  const wasDrawer = desk.classList.contains("fn-open");
  closeDrawer();
  const origin = state.origin;
  state.origin = null;
  toLibrary(false);
  (findAgain(origin) ?? (wasDrawer ? opener : null))?.focus();
}

function markCurrent(link) {
  document
    .querySelectorAll("#fn-conversation [aria-current]")
    .forEach((other) => other.removeAttribute("aria-current"));
  link?.setAttribute("aria-current", "true");
}

function place(href) {
  const found = CITATION.exec(href ?? "")
    ?.slice(1)
    .map(Number);
  return found && { id: found[0], version: found[1], quote: { start: found[2], end: found[3] } };
}

function onClick(event) {
  const link = event.target.closest?.("#fn-conversation a");
  const cited = place(link?.getAttribute("href"));
  if (!cited || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  state.origin = remembered(link);
  markCurrent(link);
  open(cited);
}

function open(cited, focus = true) {
  if (narrow.matches) openDrawer();
  openSource(cited, focus);
}

function onKey(event) {
  if (
    event.key === "Escape" &&
    (desk.contains(document.activeElement) || desk.classList.contains("fn-open"))
  ) {
    event.preventDefault();
    close();
  }
}

function start() {
  opener = make(
    "button",
    { type: "button", id: "fn-desk-open", "aria-controls": "fn-desk", "aria-expanded": "false" },
    "Library",
  );
  opener.addEventListener("click", () => {
    openDrawer();
    toLibrary(true);
  });
  document.body.append(opener, desk);
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey);
  narrow.addEventListener("change", closeDrawer);
  lead({ close, toLibrary });
  startLibrary((number) => (opener.textContent = `Library · ${number.toLocaleString("en")}`));
  watchConversation();
  const linked = place(location.hash);
  if (linked) open(linked, false);
  else toLibrary(false);
}

start();
