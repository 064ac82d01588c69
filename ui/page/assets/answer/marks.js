/*
 * Opens the source when the user clicks a footnote's mark, a link to #cite-DOCUMENT-VERSION-START-END;
 * trail.js describes such links.
 *
 * The offsets count code points of the document's text, but JavaScript's strings count UTF-16 units.
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

/** Opens the quote that the page's address names; sets the trail once Gradio has rendered its footnote. */
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

/** Makes each mark's title its accessible name, and its footnote its description. */
export function describeMarks() {
  for (const mark of document.querySelectorAll("#fn-conversation .fn-mark[title]")) {
    // The browser's tooltip would cover the card, which says more.
    mark.setAttribute("aria-label", mark.title);
    mark.removeAttribute("title");
    const entry = footnoteOf(mark);
    if (!entry) continue;
    entry.id ||= `fn-described-${++described}`;
    mark.setAttribute("aria-describedby", entry.id);
  }
}
