/*
 * The marks of an answer: links to #cite-DOCUMENT-VERSION-START-END, which open the source at the quote.
 *
 * The offsets count code points of the document's text, while JavaScript's strings count UTF-16 units.
 */

import { drawn } from "../gradio.js";
import { joinTrail, openSource } from "../source/reading.js";
import { markCurrent, placeOf, trailAt } from "../source/trail.js";
import { footnoteOf } from "./answers.js";

function onClick(event) {
  const link = event.target.closest?.("#fn-conversation a");
  const href = link?.getAttribute("href");
  const cited = placeOf(href);
  if (!cited || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  markCurrent(link);
  openSource(cited, { from: link, trail: trailAt(href, link) });
}

/** Opens the place that the page's own address names, which is a footnote as soon as its answer is drawn. */
export async function openLinked() {
  const href = location.hash;
  const linked = placeOf(href);
  if (!linked) return;
  await openSource(linked, { focus: false });
  await drawn(`#fn-conversation a.fn-mark[href="${CSS.escape(href)}"]`);
  joinTrail(href);
}

export function watchMarks() {
  document.addEventListener("click", onClick, true);
}

let described = 0;

/** Has each mark named by where it leads, and described by its footnote's words. */
export function describeMarks() {
  for (const mark of document.querySelectorAll("#fn-conversation .fn-mark[title]")) {
    // A card says more than the browser's own tooltip would, which would lie over it.
    mark.setAttribute("aria-label", mark.title);
    mark.removeAttribute("title");
    const entry = footnoteOf(mark);
    if (!entry) continue;
    entry.id ||= `fn-described-${++described}`;
    mark.setAttribute("aria-describedby", entry.id);
  }
}
