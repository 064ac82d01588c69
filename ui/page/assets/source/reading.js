/*
 * One report beside the conversation: its words, and where it has them its pages, at a footnote's words.
 *
 * A `reading` is what is open: the {report, current} that are known, `total` pages, the `part` of the text
 * that is shown, the words that are quoted, the `trail` of footnotes that it stands on, and the parts of its
 * area.
 */

import { notify } from "../controls/notices.js";
import { isOpen, onSourceClosed, onSourceReopened, openSourcePane, source } from "../desk/panes.js";
import { askAbout } from "../desk/scope.js";
import { onReports, reportOf } from "../library/reports.js";
import { words } from "../server.js";
import { makeArea, openFind, renewFacts } from "./area.js";
import { bar, body, failed, show } from "./panel.js";
import { CONTEXT, joined, readAround, readFacts, readPart, readSource } from "./part.js";
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
import { bringTo, drawText, marks, pageOf, turnTo } from "./viewport.js";

// How often a report was opened, and a place in it asked for: what comes after another was, comes too late.
const state = { opened: 0, reached: 0, reading: null };

const say = (error) => notify(words(error), { alert: true });

/** Runs a reading of the server; gives null where it failed, which `tell` says, or came too late. */
async function inTime(promise, { isWanted, tell = say }) {
  try {
    const value = await promise;
    return isWanted() ? value : null;
  } catch (error) {
    if (isWanted()) tell(error);
    return null;
  }
}

/** Tells, from now on, whether the same report is open, and was not opened anew. */
function sameOpening() {
  const { opened } = state;
  return () => opened === state.opened;
}

/**
 * Opens a report, at the quoted words where `quote` is {start, end}.
 *
 * With `focus`, its title gets the focus, which goes back to `from` when the report is closed. `trail` are
 * the footnotes of the answer in which it was opened.
 */
export async function openSource(place, { focus = true, from, trail = null } = {}) {
  state.opened++;
  const isWanted = sameOpening();
  openSourcePane(from);
  source.setAttribute("aria-busy", "true");
  const within = source.contains(document.activeElement);
  if (!state.reading) show([bar()], []); // It can be closed before it is read.
  const reading = isShown(place) ? readAgain(place.quote) : readSource(place);
  const read = await inTime(reading, { isWanted, tell: fail });
  if (isWanted()) source.removeAttribute("aria-busy");
  if (!read) return;
  if (read.report) begin(read);
  state.reading.part = read.part;
  goTo(place.quote ?? null, trail);
  if (focus || (within && !source.contains(document.activeElement)))
    source.querySelector("h2").focus({ preventScroll: true });
}

function fail(error) {
  state.reading = null;
  delete source.dataset.report;
  failed(error);
}

/** Whether a place is in the version of a report that is shown. */
function isShown({ id, version, quote }) {
  const report = state.reading?.report;
  return Boolean(quote && report?.document_id === id && report.version === version);
}

/** The part of the shown report that has some words, read only where it is not there. */
async function readAgain(quote) {
  const { report, part } = state.reading;
  const there = quote.start >= part.start && quote.end <= part.end;
  return { part: there ? part : await readAround(report, quote) };
}

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
  const { views } = reading;
  const page = quote && pageOf(reading, quote.start);
  Object.assign(reading, { quote: quote && { ...quote, page }, trail, left: null });
  address(reading);
  views.leaveAbout();
  drawText(reading, readOn);
  followTrail();
  if (quote) bringTo(reading, reading.quote);
  else turnTo(reading, 1, null);
}

/** Puts the quoted words of a reading into the page's address, where a reload finds them. */
function address(reading) {
  const place = reading?.quote ? hrefOf(placeIn(reading)) : "";
  history.replaceState(history.state, "", `${location.pathname}${location.search}${place}`);
}

onSourceClosed(() => {
  state.opened++;
  source.removeAttribute("aria-busy");
  delete source.dataset.report;
  address(null);
  markCurrent(null);
});

onSourceReopened(() => {
  const { reading } = state;
  if (!reading) return;
  source.dataset.report = reading.report.document_id;
  address(reading);
  followTrail();
});

/** Shows what is known of the report anew, where it was edited or has a new version. */
async function renew() {
  const { reading } = state;
  const listed = reading && reportOf(reading.report.document_id);
  if (!listed || reading.renewing) return;
  if (listed.title === reading.current.title && listed.version === reading.current.version) return;
  reading.renewing = true;
  const facts = await readFacts(listed.document_id, reading.report.version).catch(() => null);
  reading.renewing = false;
  if (!facts || reading !== state.reading) return;
  Object.assign(reading, facts);
  renewFacts(reading);
  followTrail();
}

onReports(renew);

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
  const { quote, views } = reading;
  views.leaveAbout();
  if (!(await reach(quote))) return;
  bringTo(reading, quote);
  marks(reading.container)[0]?.focus({ preventScroll: true });
}

/** Shows the text from an offset on. */
async function jumpTo(offset, { focus = false } = {}) {
  const { reading } = state;
  const place = { start: offset, end: offset + 1 };
  reading.views.leaveAbout();
  if (!(await reach(place, { start: offset, end: offset + CONTEXT }))) return;
  bringTo(reading, place, { top: true });
  if (focus) body().focus({ preventScroll: true });
}

/** Shows words that were found: {start, end, page}. */
async function showMatch(match) {
  const { reading } = state;
  reading.views.leaveAbout();
  if (await reach(match)) bringTo(reading, match, { marked: match });
}

/**
 * Reads the part around a place in place of the one that is shown, where it is not in that; whether the place
 * can be shown: not where that failed, or another one was asked for meanwhile.
 */
async function reach(place, around = place) {
  const { reading } = state;
  const { start, end } = reading.part;
  const reached = ++state.reached;
  if (place.start >= start && place.end <= end) return true;
  const isSame = sameOpening();
  const isWanted = () => isSame() && reached === state.reached;
  const part = await inTime(readAround(reading.report, around), { isWanted });
  if (!part) return false;
  reading.part = part;
  drawText(reading, readOn);
  return true;
}

/** Adds the text before or after the part that is shown, and keeps the reader's place. */
async function readOn(direction) {
  const { reading } = state;
  const { report, part } = reading;
  const added =
    direction < 0
      ? readPart(report, part.start - CONTEXT, part.start, { known: "end" })
      : readPart(report, part.end, part.end + CONTEXT, { known: "start" });
  const more = await inTime(added, { isWanted: sameOpening() });
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
