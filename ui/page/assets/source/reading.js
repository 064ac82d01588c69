/*
 * Shows one report beside the conversation: its text and its pages, at the quote of a footnote.
 *
 * A `reading` is the state of the open report: {report, current}, the number of pages in `total`, the shown
 * `part` of the text, the `quote`, the `trail` of footnotes, and the parts of the area.
 */

import { notify } from "../controls/notices.js";
import { isOpen, onSourceClosed, onSourceReopened, openSourcePane, source } from "../desk/panes.js";
import { askAbout } from "../desk/scope.js";
import { onReports, reportOf } from "../library/reports.js";
import { getReport, getText, words } from "../server.js";
import { makeArea, openFind, renewFacts } from "./area.js";
import { bar, body, failed, show } from "./panel.js";
import { codePoints } from "./text.js";
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

// `opened` and `reached` count the requests for a report and for a place in it, to detect late responses.
const state = { opened: 0, reached: 0, reading: null };
const say = (error) => notify(words(error), { alert: true });

/** Awaits a response. Returns null if it is no longer wanted, or failed; `tell` reports the failure. */
async function inTime(promise, { isWanted, tell = say }) {
  try {
    const value = await promise;
    return isWanted() ? value : null;
  } catch (error) {
    if (isWanted()) tell(error);
    return null;
  }
}

function sameOpening() {
  const { opened } = state;
  return () => opened === state.opened;
}

/**
 * With `focus`, focuses the title; when the report closes, the focus returns to `from`. `trail` has the
 * footnotes of the answer.
 */
export async function openSource(place, { focus = true, from, trail = null } = {}) {
  state.opened++;
  const isWanted = sameOpening();
  openSourcePane(from);
  source.setAttribute("aria-busy", "true");
  const within = source.contains(document.activeElement);
  if (!state.reading) show([bar()], []); // The user can close the pane before the report is read.
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

function isShown({ id, version, quote }) {
  const report = state.reading?.report;
  return Boolean(quote && report?.document_id === id && report.version === version);
}

/** Returns the part with a quote; reads it only if the shown part does not have the quote. */
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

/** Puts the quote of a reading into the page's address, so that a reload shows it. */
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

/** Updates the facts of the open report after an edit or a new version. */
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

function followTrail() {
  const { quote, trail, head } = state.reading;
  head.update(quote, trail);
  if (trail && !isMarked(trail)) markCurrent(markOf(trail));
}

/** Updates the trail while an answer arrives: Gradio renders the message again, with more footnotes. */
function onConversation() {
  const { reading } = state;
  if (!reading?.trail || !isOpen(source)) return;
  const trail = grown(reading.trail);
  if (trail === reading.trail) return;
  reading.trail = trail;
  followTrail();
}

/** Sets the trail of the reading that the page's address opened, once the answer is there. */
export function joinTrail(href) {
  const { reading } = state;
  if (!reading?.quote || reading.trail || hrefOf(placeIn(reading)) !== href) return;
  reading.trail = trailAt(href);
  followTrail();
}

const placeIn = ({ report, quote }) => ({ id: report.document_id, version: report.version, quote });

/** Opens the footnote `by` places further in the answer; resolves to whether there is such a footnote. */
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

async function jumpTo(offset, { focus = false } = {}) {
  const { reading } = state;
  const place = { start: offset, end: offset + 1 };
  reading.views.leaveAbout();
  if (!(await reach(place, { start: offset, end: offset + CONTEXT }))) return;
  bringTo(reading, place, { top: true });
  if (focus) body().focus({ preventScroll: true });
}

async function showMatch(match) {
  const { reading } = state;
  reading.views.leaveAbout();
  if (await reach(match)) bringTo(reading, match, { marked: match });
}

/**
 * Reads the part around a place, unless the shown part contains the place. Returns whether the text has the
 * place now: false after an error, or if the reader asked for another place.
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

/** Adds the text before or after the shown part, and keeps the scroll position. */
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

// Keyboard shortcuts

export function findInReport() {
  const { reading } = state;
  if (!reading || !isOpen(source)) return false;
  openFind(reading);
  return true;
}

export function askAboutSource() {
  const { reading } = state;
  if (reading && isOpen(source) && !reading.selection.ask()) askAbout(reading.report);
}

export const copySelection = () => state.reading?.selection.copy();

export function watchReading() {
  document.addEventListener("selectionchange", () => state.reading?.selection.update());
  const conversation = document.querySelector("gradio-app");
  new MutationObserver(onConversation).observe(conversation, { childList: true, subtree: true });
}

// Parts of the text. A part begins and ends between the rows of a table; if a table begins before it, it has the
// table's headings.

const BREAKS = /[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]/;

/** Reads a part; `known` is "start" or "end" if that end is known to be between rows. */
async function readPart(report, from, to, { quote = null, known = "" } = {}) {
  let part = await getText(report.document_id, report.version, from, to);
  if (known !== "start") part = withoutFirstRest(part, quote);
  if (known !== "end") part = withoutLastRest(part, quote);
  return withHeadings(report, part);
}

export function joined(before, after) {
  const tables = new Map([...after.tables, ...before.tables].map((table) => [table.start, table]));
  return {
    ...before,
    text: before.text + after.text,
    end: after.end,
    tables: [...tables.values()].sort((a, b) => a.start - b.start),
  };
}

const within = (part, offset) => part.tables.some((table) => table.start < offset && offset < table.end);

/** Removes an incomplete row at the start of a part, unless the quote begins in it. */
function withoutFirstRest(part, quote) {
  if (!within(part, part.start)) return part;
  const end = part.text.search(BREAKS) + 1;
  const start = part.start + codePoints(part.text.slice(0, end));
  if (!end || (quote && quote.start < start)) return part;
  return { ...part, text: part.text.slice(end), start };
}

/** Removes an incomplete row at the end of a part, unless the quote ends in it. */
function withoutLastRest(part, quote) {
  if (!within(part, part.end)) return part;
  const kept = part.text.slice(0, part.text.length - part.text.split(BREAKS).at(-1).length);
  const end = part.start + codePoints(kept);
  if (!kept || (quote && quote.end > end)) return part;
  return { ...part, text: kept, end };
}

async function withHeadings(report, part) {
  const tables = await Promise.all(
    part.tables
      .filter((table) => table.start < part.end && table.end > part.start)
      .map(async (table) => {
        const end = Math.min(table.header_end, part.start);
        if (table.start >= end) return table;
        const { text } = await getText(report.document_id, report.version, table.start, end);
        return { ...table, headings: text };
      }),
  );
  return { ...part, tables };
}

// Reading

const CONTEXT = 6000; // code points to read on either side of the quote, and for each "more"

async function readSource({ id, version, quote = null }) {
  const facts = readFacts(id, version);
  const known = version ? { document_id: id, version } : (await facts).report;
  const [part, { report, current }] = await Promise.all([readAround(known, quote), facts]);
  return { report, current, part };
}

async function readFacts(id, version) {
  const report = await getReport(id, version);
  return { report, current: report.superseded_by == null ? report : await getReport(id) };
}

/** Reads the part around a quote; without a quote, the start of the text. */
const readAround = (report, quote) =>
  quote
    ? readPart(report, quote.start - CONTEXT, quote.end + CONTEXT, { quote })
    : readPart(report, 0, 2 * CONTEXT);
