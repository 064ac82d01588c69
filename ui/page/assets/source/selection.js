/** Shows a toolbar beside selected text of a report, to ask about the text or to copy it. */

import { copy } from "../clipboard.js";
import { button, icon, make, onEscape } from "../controls/dom.js";
import { source } from "../desk/panes.js";
import { dateWords } from "../facts.js";
import { t } from "../i18n.js";
import { codePoints, offsetOf, readable } from "./text.js";
import { hrefOf } from "./trail.js";

const PAUSE = 150; // milliseconds without a change of the selection before the toolbar appears
const GAP = 8; // pixels between the text and the toolbar

/**
 * `shown` returns the shown text: {container, part}. `ask` and `copy` receive the selection: {words, start,
 * end}, where `words` is the document's text between the two offsets.
 */
export function selectionBar({ shown, ask, copy }) {
  const said = make("span.fn-unseen", { role: "status" });
  const asking = button([icon("ask"), make("span", t("source.askSelection"))], askIt);
  const copying = button([icon("copy"), make("span", t("source.copySelection"))], copyIt);
  const element = make(
    "div.fn-selected",
    { role: "toolbar", "aria-label": t("source.selection"), hidden: "" },
    asking,
    copying,
    said,
  );
  // A press on the toolbar must not clear the selection.
  element.addEventListener("pointerdown", (event) => event.preventDefault());
  onEscape(element, () => {
    getSelection().removeAllRanges();
    source.querySelector(".fn-desk-body")?.focus({ preventScroll: true });
  });

  let pause = 0;

  function update() {
    clearTimeout(pause);
    const range = selectedIn(shown().container);
    if (!range) element.hidden = true;
    else pause = setTimeout(() => place(range), PAUSE);
  }

  function place(range) {
    copying.lastElementChild.textContent = t("source.copySelection");
    element.hidden = false;
    const [words, pane] = [range.getBoundingClientRect(), source.getBoundingClientRect()];
    const body = source.querySelector(".fn-desk-body").getBoundingClientRect();
    const { offsetHeight: height, offsetWidth: width } = element;
    const above = words.top - GAP - height;
    const top = above >= body.top ? above : Math.min(words.bottom + GAP, body.bottom - GAP - height);
    const middle = (words.left + words.right - width) / 2;
    const left = Math.min(Math.max(middle, pane.left + GAP), pane.right - GAP - width);
    element.style.top = `${Math.max(top, body.top + GAP) - pane.top}px`;
    element.style.left = `${left - pane.left}px`;
  }

  const selected = () => {
    const { container, part } = shown();
    const range = selectedIn(container);
    return range && wordsOf(range, container, part);
  };

  function askIt() {
    const found = selected();
    if (!found) return false;
    element.hidden = true;
    ask({ ...found, words: readable(found.words) });
    return true;
  }

  async function copyIt() {
    const found = selected();
    if (!found) return false;
    const copied = t((await copy(found)) ? "source.copied" : "source.notCopied");
    copying.lastElementChild.textContent = copied;
    said.textContent = copied;
    return true;
  }

  return { element, update, ask: askIt, copy: copyIt };
}

function selectedIn(container) {
  const selection = getSelection();
  if (!container?.isConnected || !selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0).cloneRange();
  if (!range.intersectsNode(container)) return null;
  if (!container.contains(range.startContainer)) range.setStart(container, 0);
  if (!container.contains(range.endContainer)) range.setEnd(container, container.childNodes.length);
  return range.toString().trim() ? range : null;
}

function wordsOf(range, container, part) {
  const whole = range.toString();
  const words = whole.trim();
  const lead = whole.slice(0, whole.indexOf(words));
  const start = offsetOf(container, part, range.startContainer, range.startOffset) + codePoints(lead);
  return { words, start, end: start + codePoints(words) };
}

// Copying

/**
 * Copies selected text, {words, start, end}, with its source and a link to it; returns whether that
 * succeeded. `page` names its page; 0 for none.
 */
export async function copyWithSource(report, selected, page) {
  try {
    await copy(written(report, selected, page));
    return true;
  } catch {
    return false;
  }
}

function written(report, { words, start, end }, page) {
  const known = [report.publisher ?? report.author, dateWords(report.published)];
  const facts = [report.title, ...known, page ? t("source.page", { page }) : null].filter(Boolean).join(", ");
  const target = hrefOf({ id: report.document_id, version: report.version, quote: { start, end } });
  const address = new URL(`./${target}`, document.baseURI).href;
  const quote = `“${readable(words)}”`;
  const link = make("a", { href: address }, facts);
  return {
    text: `${quote}\n${facts}\n${address}\n`,
    html: make("blockquote", quote).outerHTML + make("p", link).outerHTML,
  };
}
