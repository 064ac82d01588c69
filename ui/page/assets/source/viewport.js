/*
 * Renders the text and the pictures of the pages of a reading (reading.js), scrolls them to a place, and keeps them in
 * step.
 */

import { button, make } from "../controls/dom.js";
import { source } from "../desk/panes.js";
import { pageWords, sheetOf } from "../facts.js";
import { t } from "../i18n.js";
import { pictureAddress, whyNoPicture } from "../server.js";
import { recall, remember } from "../storage.js";
import { body } from "./panel.js";
import { offsetOf, rangesIn, reachTables, textElement } from "./text.js";

const ABOVE = 48; // pixels above a place that is scrolled to the top
const EDGE = 16; // pixels at the top and bottom edges in which text counts as hidden

/** Returns the number of the page with an offset, from 1; 0 for a report without pages. */
export const pageOf = ({ part }, offset) => part.page_starts.filter((start) => start <= offset).length;

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

export const marks = (container) => [...container.querySelectorAll("mark:not([hidden], .fn-match)")];

/** Returns the offset of the paragraph or row that is `line` pixels below the top of the view. */
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

function scrollToOffset({ container, part }, offset) {
  const [place] = rangesIn(container, part, [{ start: offset, end: offset + 1 }]);
  const shown = body();
  const top = place ? place.getBoundingClientRect().top - shown.getBoundingClientRect().top : 0;
  shown.scrollTop += top - ABOVE;
}

/** Scrolls the text, and a table in it, so that a span is visible; does nothing if it is visible already. */
function reveal({ container, part }, span) {
  const [place] = rangesIn(container, part, [span]);
  if (!place) return;
  const cell = place.startContainer.parentElement.closest("th, td");
  const table = cell?.closest(".fn-table");
  if (table) revealIn(table, cell, table.clientHeight / 3, table.querySelector("thead")?.offsetHeight);
  // Show a table that scrolls from its headings on.
  revealIn(body(), table ?? place, table ? EDGE : body().clientHeight / 3);
  if (cell) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/**
 * Scrolls a box so that an element or a range begins `line` pixels below its top, unless it is wholly
 * visible. `covered` is the height at the top of the box that headings cover.
 */
function revealIn(box, place, line, covered = EDGE) {
  const [words, seen] = [place.getBoundingClientRect(), box.getBoundingClientRect()];
  const hidden = words.top < seen.top + covered || words.bottom > seen.bottom - EDGE;
  if (hidden) box.scrollTop += words.top - seen.top - line;
}

// Text and pages together

const SETTLED = 150; // milliseconds without scrolling
const MOVED = 4; // pixels: a smaller change of the scroll position is not the reader's

const hasText = (view) => view === "text" || view === "both";

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

function comeBack(reading) {
  const { pane, left, aim, part, does } = reading;
  reading.aim = null;
  if (aim) bringTo(reading, aim);
  else if (left && pane && pane.page() !== left.page) does.jump(part.page_starts[pane.page() - 1]);
  else body().scrollTop = left?.top ?? 0;
}

export function turnTo(reading, page, marked = reading.marked) {
  reading.marked = marked;
  reading.pane?.turn(page || 1, marked);
  showWayBack(reading);
}

/**
 * With `top`, scrolls to the top of the view. `marked` is marked in the picture of the page; by default, the
 * quote.
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

export function onTurn(reading, page) {
  const start = reading.part.page_starts[page - 1];
  reading.aim = null;
  reading.sections?.mark(start);
  if (reading.view === "both") reading.does.jump(start);
  else showWayBack(reading);
}

function showWayBack({ view, pane, quote, back, container }) {
  if (!quote || view === "about") back.show(false);
  else if (view === "page") back.show(pane.page() !== quote.page);
  else if (container) back.watch(body(), marks(container));
}

function pageInView(reading) {
  const { quote, back } = reading;
  if (quote && back.element.hidden) return quote.page;
  return pageOf(reading, offsetAt(reading, body().clientHeight * 0.4));
}

/** Marks the section in view; if the page is beside the text, also turns to it. */
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

// The choice of a view

const ROOM = 54; // rem that the text and a page need side by side
const KEPT = "source.view";
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const hasRoom = () => source.clientWidth >= ROOM * rem();

let latest = null;
new ResizeObserver(() => latest?.fit()).observe(source);

/**
 * `paged`: whether the report has pictures of its pages. `onView` receives the shown view. If there is too
 * little room for text and page, "both" shows the text.
 */
export function viewSwitch(paged, onView) {
  const names = paged ? ["text", "page", "both", "about"] : ["text", "about"];
  const choices = names.map((name) =>
    button(t(`source.view.${name}`), () => choose(name), { "data-view": name }),
  );
  const element = make("div.fn-views", { role: "group", "aria-label": t("source.views") }, ...choices);
  const state = { chosen: paged ? recall(KEPT, "both") : "text", shown: null };

  function fit() {
    const room = hasRoom();
    for (const choice of choices) if (choice.dataset.view === "both") choice.hidden = !room;
    const fitting = state.chosen === "both" && !room ? "text" : state.chosen;
    const view = names.includes(fitting) ? fitting : "text";
    if (view === state.shown) return;
    state.shown = view;
    for (const choice of choices) choice.setAttribute("aria-pressed", String(choice.dataset.view === view));
    onView(view);
  }

  function choose(name) {
    state.chosen = name;
    if (paged && name !== "about") remember(KEPT, name);
    fit();
  }

  latest = { fit };
  return {
    element,
    fit,
    choose,
    shown: () => state.shown,
    leaveAbout() {
      if (state.shown === "about") choose(paged ? recall(KEPT, "both") : "text");
    },
  };
}

// Pages

const WIDTH = 1600; // pixels: A4 at about 190 dots per inch, sharp enough when enlarged

/**
 * Returns the element; `page`, which returns the shown page's number; and `turn`, which shows a page. The
 * marked words of `turn` are {start, end, page}, or null for none; by default, they stay the same. `onTurn`
 * receives the page that the reader turns to.
 */
export function pagePane(report, labels, total, onTurn) {
  const state = { page: 0, marked: null };
  const count = make("span.fn-sheet-count", { role: "status" });
  const previous = button(t("pages.previous"), () => turnBy(-1), { "aria-label": t("pages.previousPage") });
  const next = button(t("pages.next"), () => turnBy(1), { "aria-label": t("pages.nextPage") });
  const field = make("input", {
    class: "fn-sheet-field",
    placeholder: t("pages.goTo"),
    "aria-label": t("pages.goToLabel"),
    autocomplete: "off",
  });
  field.addEventListener("input", () => field.removeAttribute("aria-invalid"));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    const page = sheetOf(field.value, labels);
    if (page >= 1 && page <= total) goTo(page);
    else field.setAttribute("aria-invalid", "true");
  });
  const frame = make("div.fn-sheet-frame");
  const enlarge = button(t("pages.enlarge"), () => {
    const large = frame.classList.toggle("fn-large");
    enlarge.setAttribute("aria-pressed", String(large));
  });
  enlarge.setAttribute("aria-pressed", "false");
  const element = make(
    "section.fn-sheet",
    { "aria-label": t("pages.label") },
    make("div.fn-sheet-bar", previous, count, field, enlarge, next),
    frame,
  );

  function turn(page, marked = state.marked) {
    if (page < 1 || page > total || (page === state.page && marked === state.marked)) return;
    Object.assign(state, { page, marked });
    count.textContent = t("pages.of", { page: pageWords(page, labels), total });
    previous.setAttribute("aria-disabled", String(page === 1));
    next.setAttribute("aria-disabled", String(page === total));
    frame.replaceChildren(picture(report, labels, page, marked));
  }

  function turnBy(step) {
    const page = state.page + step;
    if (page >= 1 && page <= total) goTo(page);
  }

  function goTo(page) {
    field.value = "";
    turn(page);
    onTurn(page);
  }

  return { element, turn, page: () => state.page };
}

function picture(report, labels, page, marked) {
  const url = pictureAddress(report, page, marked, WIDTH);
  const alt = marked?.page === page ? "pages.altMarked" : "pages.alt";
  const image = make("img", {
    src: url,
    alt: t(alt, { page: pageWords(page, labels), title: report.title }),
    loading: "lazy",
    draggable: "false", // A drop on the page would add it to the library.
    class: "fn-arriving",
  });
  image.addEventListener("load", () => image.classList.remove("fn-arriving"));
  image.addEventListener("error", async () => {
    const why = await whyNoPicture(url);
    image.replaceWith(make("p.fn-warning", { role: "alert" }, why));
  });
  return image;
}
