/*
 * One report beside the conversation: its words, and where it has them its pages, at a footnote's words.
 *
 * A `reading` is what is open: the {report, current} that are known, `total` pages, the `part` of the text
 * that is shown, the words that are quoted, the `trail` of footnotes that it stands on, and the parts of its
 * area.
 */

import { isOpen, onSourceClosed, openSourcePane, source } from "../panes.js";
import { getReport } from "../server.js";
import { makeArea, openFind } from "./area.js";
import { askAbout } from "./asking.js";
import { body, failed } from "./panel.js";
import { joined, readPart } from "./parts.js";
import { drawText, marks, pageOf } from "./shown.js";
import {
  grown,
  hrefOf,
  isMarked,
  markCurrent,
  markOf,
  moved,
  placeOf,
  trailAt,
  trailBeside,
} from "./trail.js";
import { bringTo, turnTo } from "./turning.js";

const CONTEXT = 6000; // code points read on either side of the quoted words, and by each "more"

const state = { opened: 0, reading: null };

/** Runs a reading of the server; gives null where it failed, which is shown, or came too late. */
async function inTime(promise, opened = state.opened) {
  const isLatest = () => opened === state.opened;
  try {
    const value = await promise;
    return isLatest() ? value : null;
  } catch (error) {
    if (isLatest()) {
      state.reading = null;
      failed(error);
    }
    return null;
  } finally {
    if (isLatest()) source.removeAttribute("aria-busy");
  }
}

/**
 * Opens a report, at the quoted words where `quote` is {start, end}.
 *
 * With `focus`, its title gets the focus, which goes back to `from` when the report is closed. `trail` are
 * the footnotes of the answer in which it was opened.
 */
export async function openSource(place, { focus = true, from, trail = null } = {}) {
  const opened = ++state.opened;
  openSourcePane(from);
  source.setAttribute("aria-busy", "true");
  const within = source.contains(document.activeElement);
  const read = await inTime(isShown(place) ? readAgain(place.quote) : readSource(place), opened);
  if (!read) return;
  if (read.report) begin(read);
  state.reading.part = read.part;
  goTo(place.quote ?? null, trail);
  if (focus || (within && !source.contains(document.activeElement)))
    source.querySelector("h2").focus({ preventScroll: true });
}

/** Whether a place is in the version of a report that is shown. */
function isShown({ id, version, quote }) {
  const report = state.reading?.report;
  return Boolean(quote && report?.document_id === id && report.version === version);
}

async function readSource({ id, version, quote = null }) {
  const reading = getReport(id, version);
  const known = version ? { document_id: id, version } : await reading;
  const [part, report] = await Promise.all([readAround(known, quote), reading]);
  const current = report.superseded_by == null ? report : await getReport(id);
  return { report, current, part };
}

/** The part of the shown report that has some words, read only where it is not there. */
async function readAgain(quote) {
  const { report, part } = state.reading;
  const there = quote.start >= part.start && quote.end <= part.end;
  return { part: there ? part : await readAround(report, quote) };
}

const readAround = (report, quote) =>
  quote
    ? readPart(report, quote.start - CONTEXT, quote.end + CONTEXT, { quote })
    : readPart(report, 0, 2 * CONTEXT);

function begin({ report, current, part }) {
  const reading = { report, current, part, total: part.page_starts.length, quote: null, trail: null };
  reading.does = { open: openSource, step, back: backToQuote, jump: jumpTo, match: showMatch };
  state.reading = reading;
  source.dataset.report = report.document_id;
  makeArea(reading);
  reading.views.fit();
}

/** Goes to the quoted words, which the part that is read has; without a quote to the beginning. */
function goTo(quote, trail) {
  const { reading } = state;
  const { report, views } = reading;
  const page = quote && pageOf(reading, quote.start);
  Object.assign(reading, { quote: quote && { ...quote, page }, trail, left: null });
  address(quote ? hrefOf({ id: report.document_id, version: report.version, quote }) : "");
  views.leaveAbout();
  drawText(reading, readOn);
  followTrail();
  if (quote) bringTo(reading, reading.quote);
  else turnTo(reading, 1, null);
}

/** Puts a place into the page's address, where a reload finds it. */
const address = (place) =>
  history.replaceState(history.state, "", `${location.pathname}${location.search}${place}`);

onSourceClosed(() => {
  state.opened++;
  delete source.dataset.report;
  address("");
  markCurrent(null);
});

// The footnotes of an answer

/** Says at which footnote the reading is, here and in the conversation. */
function followTrail() {
  const { quote, trail, head } = state.reading;
  head.update(quote, trail);
  if (trail && !isMarked(trail)) markCurrent(markOf(trail));
}

/** While an answer arrives, its message is drawn anew, and it has more and more footnotes. */
function onConversation() {
  const { reading } = state;
  if (!reading?.trail || !isOpen(source)) return;
  const trail = grown(reading.trail);
  if (trail === reading.trail) return;
  reading.trail = trail;
  followTrail();
}

/** Puts a reading that was opened by the page's address on the trail of the answer that has it. */
export function joinTrail(href) {
  const { reading } = state;
  if (!reading?.quote || reading.trail || hrefOf(placeIn(reading)) !== href) return;
  reading.trail = trailAt(href);
  followTrail();
}

const placeIn = ({ report, quote }) => ({ id: report.document_id, version: report.version, quote });

/** Opens the footnote `by` places on in the answer; gives whether there is one. */
async function step(by) {
  const reading = isOpen(source) ? state.reading : null;
  const own = reading?.quote ? (reading.trail ?? trailAt(hrefOf(placeIn(reading)))) : null;
  const begun = own ?? trailBeside(by);
  const trail = begun && moved(grown(begun), by);
  if (!trail) return false;
  const from = markOf(trail);
  from?.scrollIntoView({ block: "nearest" });
  markCurrent(from);
  const focus = !source.contains(document.activeElement);
  await openSource(placeOf(trail.hrefs[trail.at]), { focus, from: from ?? undefined, trail });
  return true;
}

export const nextCitation = () => step(1);
export const previousCitation = () => step(-1);

// Places in the text

async function backToQuote() {
  const { reading } = state;
  const { quote, part, views } = reading;
  views.leaveAbout();
  if (quote.start < part.start || quote.end > part.end) await readAnew(quote);
  if (reading !== state.reading) return;
  bringTo(reading, quote);
  marks(reading.container)[0]?.focus({ preventScroll: true });
}

/** Shows the text from an offset on. */
async function jumpTo(offset, { focus = false } = {}) {
  const { reading } = state;
  const { part, views } = reading;
  views.leaveAbout();
  if (offset < part.start || offset >= part.end) await readAnew({ start: offset, end: offset + CONTEXT });
  if (reading !== state.reading) return;
  bringTo(reading, { start: offset, end: offset + 1 }, { top: true });
  if (focus) body().focus({ preventScroll: true });
}

/** Shows words that were found: {start, end, page}. */
async function showMatch(match) {
  const { reading } = state;
  const { part, views } = reading;
  views.leaveAbout();
  if (match.start < part.start || match.end > part.end) await readAnew(match);
  if (reading === state.reading) bringTo(reading, match, { marked: match });
}

/** Reads the part around some words in place of the one that is shown. */
async function readAnew(around) {
  const { reading } = state;
  const part = await inTime(readAround(reading.report, around));
  if (!part || reading !== state.reading) return;
  reading.part = part;
  drawText(reading, readOn);
}

/** Adds the text before or after the part that is shown, and keeps the reader's place. */
async function readOn(direction) {
  const { reading } = state;
  const { report, part } = reading;
  const added =
    direction < 0
      ? readPart(report, part.start - CONTEXT, part.start, { known: "end" })
      : readPart(report, part.end, part.end + CONTEXT, { known: "start" });
  const more = await inTime(added);
  if (!more || part !== reading.part) return;
  const shown = body();
  const below = shown.scrollHeight - shown.scrollTop;
  const top = shown.scrollTop;
  reading.part = direction < 0 ? joined(more, part) : joined(part, more);
  drawText(reading, readOn);
  shown.scrollTop = direction < 0 ? shown.scrollHeight - below : top;
  shown.focus({ preventScroll: true });
}

// What keys do

/** Opens the search of the report that is open; gives whether there is one. */
export function findInReport() {
  const { reading } = state;
  if (!reading || !isOpen(source)) return false;
  openFind(reading);
  return true;
}

/** Asks about what is selected in the report, else about the report. */
export function askAboutSource() {
  const { reading } = state;
  if (reading && isOpen(source) && !reading.selection.ask()) askAbout(reading.report);
}

/** Copies what is selected in the report, with its source. */
export const copySelection = () => state.reading?.selection.copy();

/** Watches the conversation, and what is selected. */
export function watchReading() {
  document.addEventListener("selectionchange", () => state.reading?.selection.update());
  const conversation = document.querySelector("gradio-app");
  new MutationObserver(onConversation).observe(conversation, { childList: true, subtree: true });
}
