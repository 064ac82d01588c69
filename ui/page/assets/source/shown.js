/*
 * The text of a reading as it is shown: drawn, scrolled to a place, and which place of it is in view.
 *
 * A reading is what reading.js keeps of the report that is open.
 */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { body } from "./panel.js";
import { offsetOf, rangesIn } from "./places.js";
import { reachTables } from "./tables.js";
import { textElement } from "./text.js";

export const ABOVE = 48; // pixels left above a place that is scrolled to the top
const EDGE = 16; // pixels at the edges of what is seen in which nothing is read

/** The number of the page that has an offset, from 1; 0 for a report without pages. */
export const pageOf = ({ part }, offset) => part.page_starts.filter((start) => start <= offset).length;

/** Draws the part that was read anew; `readOn` adds what stands before or after it. */
export function drawText(reading, readOn) {
  const { report, part, quote, place } = reading;
  const more = (key, direction) => button(t(key), () => readOn(direction), { class: "fn-more" });
  const container = textElement(report, part, quote);
  place.replaceChildren(
    part.start > 0 ? more("reading.earlier", -1) : "",
    container,
    part.end < part.characters ? more("reading.later", 1) : "",
  );
  reading.container = container;
  reachTables(place);
  reading.find.paintOver(container, part);
}

/** The marks of the quoted words that can be seen. */
export const marks = (container) => [...container.querySelectorAll("mark:not([hidden], .fn-match)")];

/** The offset of the paragraph, or of the row, that is `line` pixels below the top of what is seen. */
export function offsetAt({ container, part }, line) {
  const top = body().getBoundingClientRect().top + line;
  const blocks = container.querySelectorAll(":scope > p, tr");
  let [low, high] = [0, blocks.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (blocks[middle].getBoundingClientRect().bottom > top) high = middle;
    else low = middle + 1;
  }
  return blocks.length ? offsetOf(container, part, blocks[low], 0) : part.start;
}

/** Scrolls the text so that an offset is near the top. */
export function scrollToOffset({ container, part }, offset) {
  const [place] = rangesIn(container, part, [{ start: offset, end: offset + 1 }]);
  const shown = body();
  const top = place ? place.getBoundingClientRect().top - shown.getBoundingClientRect().top : 0;
  shown.scrollTop += top - ABOVE;
}

/**
 * Scrolls the text, and a table in it, so that some words are seen; where they are already, nothing moves.
 */
export function reveal({ container, part }, span) {
  const [place] = rangesIn(container, part, [span]);
  if (!place) return;
  const cell = place.startContainer.parentElement.closest("th, td");
  const table = cell?.closest(".fn-table");
  if (table) revealIn(table, cell, table.clientHeight / 3, table.querySelector("thead")?.offsetHeight);
  // A table that scrolls is shown from its headings on.
  revealIn(body(), table ?? place, table ? EDGE : body().clientHeight / 3);
  if (cell) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/**
 * Scrolls a box so that an element, or a range, that is not wholly seen in it begins `line` pixels below its
 * top.
 *
 * At its top `covered` pixels are not to be seen.
 */
function revealIn(box, place, line, covered = EDGE) {
  const [words, seen] = [place.getBoundingClientRect(), box.getBoundingClientRect()];
  const hidden = words.top < seen.top + covered || words.bottom > seen.bottom - EDGE;
  if (hidden) box.scrollTop += words.top - seen.top - line;
}
