/*
 * The marks of an answer: links to #cite-DOCUMENT-VERSION-START-END, which open the source there.
 *
 * The offsets count code points of the document's text, as everywhere in the product, while JavaScript's
 * strings count UTF-16 units.
 */

import { onSourceClosed } from "../panes.js";
import { openSource } from "../source/reading.js";

const CITATION = /^#cite-(\d+)-(\d+)-(\d+)-(\d+)$/;

/** The place in a report that a link's target names: {id, version, quote}; undefined where it names none. */
export function placeOf(href) {
  const found = CITATION.exec(href ?? "")
    ?.slice(1)
    .map(Number);
  return found && { id: found[0], version: found[1], quote: { start: found[2], end: found[3] } };
}

/** The place that the page's own address names. */
export const linkedPlace = () => placeOf(location.hash);

function markCurrent(link) {
  document
    .querySelectorAll("#fn-conversation [aria-current]")
    .forEach((other) => other.removeAttribute("aria-current"));
  link?.setAttribute("aria-current", "true");
}

function onClick(event) {
  const link = event.target.closest?.("#fn-conversation a");
  const cited = placeOf(link?.getAttribute("href"));
  if (!cited || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  markCurrent(link);
  openSource(cited, { from: link });
}

/** Opens the mark that stands `step` marks after the one that is open, in the order of the page. */
export function stepToMark(step) {
  const marks = [...document.querySelectorAll("#fn-conversation .fn-mark")];
  const at = marks.findIndex((mark) => mark.hasAttribute("aria-current"));
  const next = at < 0 ? (step > 0 ? 0 : marks.length - 1) : at + step;
  marks[next]?.scrollIntoView({ block: "nearest" });
  marks[next]?.click();
}

export function watchMarks() {
  document.addEventListener("click", onClick, true);
  onSourceClosed(() => markCurrent(null));
}
