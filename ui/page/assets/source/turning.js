/** The text of a report and the pictures of its pages kept together, whichever of them is shown. */

import { source } from "../panes.js";
import { body } from "./panel.js";
import { ABOVE, marks, offsetAt, pageOf, reveal, scrollToOffset } from "./shown.js";
import { reachTables } from "./tables.js";

const SETTLED = 150; // milliseconds without scrolling
const MOVED = 4; // pixels: what is less is no scrolling of the reader's

const hasText = (view) => view === "text" || view === "both";

/** Shows another view of a reading, at the place at which the one before was. */
export function look(reading, view) {
  if (hasText(reading.view)) {
    reading.left = { top: body().scrollTop, page: pageInView(reading) };
    turnTo(reading, reading.left.page);
  }
  const before = reading.view;
  reading.view = view;
  source.querySelector(".fn-reading").dataset.view = view;
  if (view === "about") reading.about.read();
  if (!hasText(view)) body().scrollTop = 0;
  else if (before && !hasText(before)) {
    reachTables(reading.place);
    comeBack(reading);
  }
  showWayBack(reading);
}

/**
 * Shows the text where it was left, at the page to which the reader has turned since, or at what was to be
 * shown.
 */
function comeBack(reading) {
  const { pane, left, aim, part, does } = reading;
  reading.aim = null;
  if (aim) bringTo(reading, aim);
  else if (left && pane && pane.page() !== left.page) does.jump(part.page_starts[pane.page() - 1]);
  else body().scrollTop = left?.top ?? 0;
}

/** Turns to a page, with what is to be marked in its picture. */
export function turnTo(reading, page, marked = reading.marked) {
  reading.marked = marked;
  reading.pane?.turn(page || 1, marked);
  showWayBack(reading);
}

/**
 * Brings some words into view, as soon as the text is shown; with `top`, to its upper end.
 *
 * `marked` is what is marked in the page's picture, which is the quoted words by default.
 */
export function bringTo(reading, span, { top = false, marked = reading.quote } = {}) {
  turnTo(reading, pageOf(reading, span.start), marked);
  reading.sections?.mark(span.start);
  if (!hasText(reading.view)) {
    reading.aim = span;
    return;
  }
  if (top) scrollToOffset(reading, span.start);
  else reveal(reading, span);
  reading.held = body().scrollTop;
}

/**
 * What follows when the reader turns to a page: its section is marked, and its text is shown where it is
 * beside it.
 */
export function onTurn(reading, page) {
  const start = reading.part.page_starts[page - 1];
  reading.aim = null;
  reading.sections?.mark(start);
  if (reading.view === "both") reading.does.jump(start);
  else showWayBack(reading);
}

/** Shows the way back to the quoted words while they are out of view. */
function showWayBack({ view, pane, quote, back, container }) {
  if (!quote || view === "about") back.show(false);
  else if (view === "page") back.show(pane.page() !== quote.page);
  else if (container) back.watch(body(), marks(container));
}

/** The page of what is in view: of the quoted words where they are, else of what is about the middle. */
function pageInView(reading) {
  const { quote, back } = reading;
  if (quote && back.element.hidden) return quote.page;
  return pageOf(reading, offsetAt(reading, body().clientHeight * 0.4));
}

/** Marks the section that is being read; its page follows where it is beside the text. */
export function onScroll(reading) {
  if (!hasText(reading.view) || reading.drawing) return;
  reading.drawing = requestAnimationFrame(() => {
    reading.drawing = 0;
    if (!hasText(reading.view) || Math.abs(body().scrollTop - reading.held) < MOVED) return;
    reading.held = NaN;
    reading.sections?.mark(offsetAt(reading, ABOVE + MOVED));
    clearTimeout(reading.settling);
    if (reading.view === "both")
      reading.settling = setTimeout(
        () => reading.view === "both" && reading.pane.turn(pageInView(reading)),
        SETTLED,
      );
  });
}
