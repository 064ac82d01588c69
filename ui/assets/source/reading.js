/** One report beside the conversation: its words, and where it has them its pages, at a footnote's words. */

import { button, heading, make } from "../dom.js";
import { t } from "../i18n.js";
import { onSourceClosed, openSourcePane, source } from "../panes.js";
import { getReport } from "../server.js";
import { dateOrigin, factElements } from "../words.js";
import { aboutElements } from "./about.js";
import { outlineElement } from "./outline.js";
import { pagePane } from "./pages.js";
import { bar, body, failed, show } from "./panel.js";
import { joined, readPart } from "./parts.js";
import { reachTables } from "./tables.js";
import { placeIn, textElement } from "./text.js";

const CONTEXT = 6000; // code points read on either side of the quoted words, and by each "more"
const ABOVE = 48; // pixels left above a section that is jumped to

const state = { opened: 0, reading: null, view: "text" };

const isLatest = (opened) => opened === state.opened;

/** Runs a reading of the server; gives null where it failed, which is shown, or came too late. */
async function inTime(promise, opened) {
  try {
    const value = await promise;
    return isLatest(opened) ? value : null;
  } catch (error) {
    if (isLatest(opened)) failed(error);
    return null;
  }
}

/**
 * Opens a report, at the quoted words where `quote` is {start, end}.
 *
 * With `focus`, its title gets the focus, which goes back to `from` when the report is closed.
 */
export async function openSource({ id, version, quote = null }, { focus = true, from } = {}) {
  const opened = ++state.opened;
  state.reading = null;
  openSourcePane(from);
  const read = await inTime(readSource(id, version, quote), opened);
  if (!read) return;
  const { report, part } = read;
  const page = quote && part.page_starts.filter((start) => start <= quote.start).length;
  state.reading = { ...read, quote: quote && { ...quote, page } };
  address(quote ? `#cite-${id}-${report.version}-${quote.start}-${quote.end}` : "");
  showSource();
  if (quote) showQuote();
  if (focus) source.querySelector("h2").focus({ preventScroll: true });
}

/** Puts a place into the page's address, where a reload finds it. */
const address = (place) =>
  history.replaceState(history.state, "", `${location.pathname}${location.search}${place}`);

onSourceClosed(() => {
  state.opened++;
  address("");
});

async function readSource(id, version, quote) {
  const current = getReport(id);
  const report = version ? getReport(id, version) : current;
  const known = version ? { document_id: id, version } : await current;
  const part = readAround(known, quote);
  const [now, shown, words] = await Promise.all([current, report, part]);
  return { report: shown, current: now, part: words };
}

const readAround = (report, quote) =>
  quote
    ? readPart(report, quote.start - CONTEXT, quote.end + CONTEXT, { quote })
    : readPart(report, 0, 2 * CONTEXT);

function showSource() {
  const { report, part, quote, current } = state.reading;
  const total = part.page_starts.length;
  const jump = quote ? button(t("reading.quoted"), jumpToQuote, { class: "fn-jump" }) : null;
  const paged = quote?.page && t("reading.page", { page: quote.page, total });
  const version = t("reading.version", { version: report.version });
  const collection = report.collection && t("reading.collection", { collection: report.collection });
  const onTurn = (page) => (state.reading.page = page);
  const pane = report.page_pictures ? pagePane(report, total, quote, onTurn) : null;
  const head = [
    bar(jump ?? ""),
    heading(report.title, { lang: report.language, dir: "auto" }),
    make(
      "p",
      { class: "fn-facts" },
      ...factElements(report, dateOrigin(report), collection, paged, version),
    ),
    ...aboutElements(report, current, openSource),
    ways(outlineElement(report, jumpTo), pane && viewSwitch()),
  ].filter(Boolean);
  const earlier = part.start > 0 ? more(t("reading.earlier"), -1) : null;
  const later = part.end < part.characters ? more(t("reading.later"), 1) : null;
  const text = make("div", { class: "fn-words" }, earlier, textElement(report, part, quote), later);
  const shown = show(head, [make("div", { class: "fn-reading" }, text, pane?.element)]);
  state.reading.pane = pane;
  look(pane ? state.view : "text");
  pane?.turn(state.reading.page ?? (quote?.page || 1));
  reachTables(text);
  return shown;
}

const ways = (...given) => {
  const some = given.filter(Boolean);
  return some.length ? make("div", { class: "fn-ways" }, ...some) : null;
};

// Text or page

function viewSwitch() {
  const choose = (view) => () => {
    state.view = view;
    look(view);
    if (view === "text" && state.reading.quote) showQuote();
    else body().scrollTop = 0;
  };
  const choice = (label, view) => button(label, choose(view), { "data-view": view });
  return make(
    "div",
    { class: "fn-views", role: "group", "aria-label": t("reading.views") },
    choice(t("reading.text"), "text"),
    choice(t("reading.pageView"), "page"),
  );
}

/** Shows the text or the page, where there is no room for both. */
function look(view) {
  source.querySelector(".fn-reading").dataset.view = view;
  for (const choice of source.querySelectorAll(".fn-views button"))
    choice.setAttribute("aria-pressed", String(choice.dataset.view === view));
}

// Places in the text

const firstMark = () => source.querySelector("mark:not([hidden])");

function showQuote() {
  const { pane, quote } = state.reading;
  pane?.turn(quote.page || 1);
  firstMark()?.scrollIntoView({ block: "center" });
}

async function jumpToQuote() {
  const { quote, part } = state.reading;
  if (quote.start < part.start || quote.end > part.end) await readAnew(quote.start, quote);
  if (!state.reading) return;
  showQuote();
  firstMark()?.focus({ preventScroll: true });
}

/** Shows the text from an offset on, which is read first where it is not there yet. */
async function jumpTo(offset) {
  const { part, pane } = state.reading;
  if (offset < part.start || offset >= part.end) await readAnew(offset);
  if (!state.reading) return;
  pane?.turn(state.reading.part.page_starts.filter((start) => start <= offset).length || 1);
  const place = placeIn(source.querySelector(".fn-text"), state.reading.part, offset);
  const shown = body();
  const top = place ? place.getBoundingClientRect().top - shown.getBoundingClientRect().top : 0;
  shown.scrollTop += top - ABOVE;
  shown.focus({ preventScroll: true });
}

/** Reads another part in place of the one that is shown. */
async function readAnew(offset, quote = null) {
  const { report } = state.reading;
  const around = quote ?? { start: offset, end: offset + CONTEXT };
  const part = await inTime(readAround(report, around), state.opened);
  if (!part) return;
  state.reading.part = part;
  showSource();
}

function more(label, direction) {
  return button(label, () => readOn(direction), { class: "fn-more" });
}

/** Adds the text before or after the part that is shown, and keeps the reader's place. */
async function readOn(direction) {
  const { report, part } = state.reading;
  const added =
    direction < 0
      ? readPart(report, part.start - CONTEXT, part.start, { known: "end" })
      : readPart(report, part.end, part.end + CONTEXT, { known: "start" });
  const more = await inTime(added, state.opened);
  if (!more) return;
  const below = body().scrollHeight - body().scrollTop;
  const top = body().scrollTop;
  state.reading.part = direction < 0 ? joined(more, part) : joined(part, more);
  const shown = showSource();
  shown.scrollTop = direction < 0 ? shown.scrollHeight - below : top;
  shown.focus({ preventScroll: true });
}
