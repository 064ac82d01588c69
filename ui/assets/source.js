/*
 * The source panel beside the chat: the library's reports, and one report's text at a footnote's words.
 *
 * A footnote mark is a link to #cite-DOCUMENT-VERSION-START-END; the offsets count code points of the
 * document's text, as everywhere in the product, while JavaScript's strings count UTF-16 units. Words of a
 * document reach the page through text nodes and attributes only, never as markup.
 */

import { findAgain, remembered, watchConversation } from "./conversation.js";
import { make } from "./dom.js";
import { textElement } from "./text.js";

const CITATION = /^#cite-(\d+)-(\d+)-(\d+)-(\d+)$/;
const CONTEXT = 6000; // code points read on either side of the quoted words, and by each "more"
const LISTED = 200; // reports in the list; beyond that a list is no longer read

const narrow = matchMedia("(max-width: 62rem)");
const state = { opened: 0, reading: null, origin: null };
let desk, opener;

const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

function dateWords(published) {
  const parts = (published ?? "").split("-").map(Number);
  if (!published || parts.length > 3 || parts.some(Number.isNaN)) return published;
  const units = [{ year: "numeric" }, { month: "long" }, { day: "numeric" }].slice(0, parts.length);
  const day = new Date(Date.UTC(parts[0], (parts[1] ?? 1) - 1, parts[2] ?? 1));
  return new Intl.DateTimeFormat("en-GB", Object.assign({ timeZone: "UTC" }, ...units)).format(day);
}

const facts = (report, ...more) =>
  [report.publisher, dateWords(report.published), ...more].filter(Boolean).join(" · ");

// What the server knows

async function get(path) {
  const response = await fetch(new URL(path, document.baseURI), { headers: { Accept: "application/json" } });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `The server answered ${response.status}.`);
  }
  return response.json();
}

const getReport = (id, version) => get(`v1/documents/${id}${version ? `?version=${version}` : ""}`);
const getText = (id, version, start, end) =>
  get(`v1/documents/${id}/text?version=${version}&start=${Math.max(start, 0)}&end=${end}`);

// The panel

function show(head, body) {
  desk.replaceChildren(
    make("div", { class: "fn-desk-head" }, ...head),
    make("div", { class: "fn-desk-body", tabindex: "0", role: "region", "aria-label": "Contents" }, ...body),
  );
  return desk.lastElementChild;
}

const bar = (...left) =>
  make(
    "div",
    { class: "fn-desk-bar" },
    ...left,
    make("button", { type: "button", class: "fn-desk-close", onclick: close }, "Close"),
  );

function failed(error) {
  const back = make("button", { type: "button", onclick: () => showLibrary(true) }, "← All reports");
  const why =
    error instanceof TypeError ? "The server does not answer; check that it is running." : error.message;
  show([bar(back)], [make("p", { role: "alert", class: "fn-warning" }, why)]);
}

async function showLibrary(focus) {
  const opened = ++state.opened;
  state.reading = null;
  markCurrent(null);
  history.replaceState(history.state, "", location.pathname + location.search);
  let reports;
  try {
    reports = (await get("v1/documents")).documents;
  } catch (error) {
    if (opened === state.opened) failed(error);
    return;
  }
  if (opened !== state.opened) return;
  // Newest first; what has no date comes last.
  reports.sort(
    (a, b) => (b.published ?? "").localeCompare(a.published ?? "") || a.title.localeCompare(b.title),
  );
  const heading = make("h2", { tabindex: "-1" }, "Library");
  const count = make("p", { class: "fn-facts" }, plural(reports.length, "report"));
  const list = make("ul", { class: "fn-reports" }, ...reports.slice(0, LISTED).map(reportRow));
  const rest =
    reports.length > LISTED
      ? make("p", { class: "fn-empty" }, `and ${plural(reports.length - LISTED, "more report")}`)
      : null;
  const empty = make(
    "p",
    { class: "fn-empty" },
    "Nothing is indexed yet. Run “footnoted sync FOLDER” to add the reports in a folder.",
  );
  show([bar(heading), count], reports.length ? [list, rest].filter(Boolean) : [empty]);
  opener.textContent = `Library · ${reports.length.toLocaleString("en")}`;
  if (focus) heading.focus({ preventScroll: true });
}

function reportRow(report) {
  const row = make(
    "button",
    { type: "button", onclick: () => openSource({ id: report.document_id, version: report.version }) },
    make("span", { class: "fn-report-title", lang: report.language, dir: "auto" }, report.title),
    make("span", { class: "fn-report-facts" }, facts(report, report.pages && plural(report.pages, "page"))),
  );
  return make("li", {}, row);
}

/** Opens a report, at the quoted words where `quote` is {start, end}. */
async function openSource({ id, version, quote = null }, focus = true) {
  const opened = ++state.opened;
  if (narrow.matches) openDrawer();
  const from = quote ? quote.start - CONTEXT : 0;
  const to = quote ? quote.end + CONTEXT : 2 * CONTEXT;
  let report, part, current;
  try {
    [report, part, current] = await Promise.all([
      getReport(id, version),
      getText(id, version, from, to),
      getReport(id),
    ]);
  } catch (error) {
    if (opened === state.opened) failed(error);
    return;
  }
  if (opened !== state.opened) return;
  state.reading = { report, part, quote, current };
  if (quote)
    history.replaceState(
      history.state,
      "",
      `${location.pathname}${location.search}#cite-${id}-${version}-${quote.start}-${quote.end}`,
    );
  showSource();
  const words = desk.querySelector("mark");
  if (words) words.scrollIntoView({ block: "center" });
  if (focus) desk.querySelector("h2").focus({ preventScroll: true });
}

function showSource() {
  const { report, part, quote, current } = state.reading;
  const back = make("button", { type: "button", onclick: () => showLibrary(true) }, "← All reports");
  const jump = quote
    ? make("button", { type: "button", class: "fn-jump", onclick: jumpToQuote }, "Go to the quoted words")
    : null;
  const page =
    quote && part.page_starts.length ? part.page_starts.filter((start) => start <= quote.start).length : null;
  const old =
    current.version === report.version
      ? null
      : make(
          "p",
          { class: "fn-warning" },
          `This is version ${report.version}; the library now has version ${current.version}.`,
        );
  const head = [
    bar(back, jump),
    make("h2", { tabindex: "-1", lang: report.language, dir: "auto" }, report.title),
    make(
      "p",
      { class: "fn-facts" },
      facts(report, page && `page ${page} of ${part.page_starts.length}`, `version ${report.version}`),
    ),
    old,
  ].filter(Boolean);
  const earlier = part.start > 0 ? more("Show earlier text", -1) : null;
  const later = part.end < part.characters ? more("Show later text", 1) : null;
  return show(head, [earlier, textElement(report, part, quote), later].filter(Boolean));
}

function jumpToQuote() {
  const words = desk.querySelector("mark");
  words.scrollIntoView({ block: "center" });
  words.focus({ preventScroll: true });
}

function more(label, direction) {
  return make("button", { type: "button", class: "fn-more", onclick: () => readOn(direction) }, label);
}

/** Adds the text before or after the part that is shown, and keeps the reader's place. */
async function readOn(direction) {
  const { report, part } = state.reading;
  const opened = state.opened;
  const [start, end] = direction < 0 ? [part.start - CONTEXT, part.start] : [part.end, part.end + CONTEXT];
  let added;
  try {
    added = await getText(report.document_id, report.version, start, end);
  } catch (error) {
    if (opened === state.opened) failed(error);
    return;
  }
  if (opened !== state.opened) return;
  const body = desk.lastElementChild;
  const below = body.scrollHeight - body.scrollTop;
  const top = body.scrollTop;
  state.reading.part =
    direction < 0
      ? { ...part, text: added.text + part.text, start: added.start }
      : { ...part, text: part.text + added.text, end: added.end };
  const shown = showSource();
  shown.scrollTop = direction < 0 ? shown.scrollHeight - below : top;
  shown.focus({ preventScroll: true });
}

// Opening, closing, and where the focus goes

function openDrawer() {
  desk.classList.add("fn-open");
  opener.setAttribute("aria-expanded", "true");
  document.querySelector("gradio-app").inert = true;
}

function closeDrawer() {
  document.querySelector("gradio-app").inert = false;
  opener.setAttribute("aria-expanded", "false");
  desk.classList.remove("fn-open");
}

/** Back to the conversation: the drawer goes, the list returns, the focus is on the mark again. */
function close() {
  const wasDrawer = desk.classList.contains("fn-open");
  closeDrawer();
  const origin = state.origin;
  state.origin = null;
  showLibrary(false);
  (findAgain(origin) ?? (wasDrawer ? opener : null))?.focus();
}

function markCurrent(link) {
  document
    .querySelectorAll("#fn-conversation [aria-current]")
    .forEach((other) => other.removeAttribute("aria-current"));
  link?.setAttribute("aria-current", "true");
}

function place(href) {
  const found = CITATION.exec(href ?? "")
    ?.slice(1)
    .map(Number);
  return found && { id: found[0], version: found[1], quote: { start: found[2], end: found[3] } };
}

function onClick(event) {
  const link = event.target.closest?.("#fn-conversation a");
  const cited = place(link?.getAttribute("href"));
  if (!cited || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  state.origin = remembered(link);
  markCurrent(link);
  openSource(cited);
}

function onKey(event) {
  if (
    event.key === "Escape" &&
    (desk.contains(document.activeElement) || desk.classList.contains("fn-open"))
  ) {
    event.preventDefault();
    close();
  }
}

function start() {
  desk = make("aside", { id: "fn-desk", "aria-label": "Sources" });
  opener = make(
    "button",
    { type: "button", id: "fn-desk-open", "aria-controls": "fn-desk", "aria-expanded": "false" },
    "Library",
  );
  opener.addEventListener("click", () => {
    openDrawer();
    showLibrary(true);
  });
  document.body.append(opener, desk);
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey);
  narrow.addEventListener("change", closeDrawer);
  watchConversation();
  const linked = place(location.hash);
  if (linked) openSource(linked, false);
  else showLibrary(false);
}

start();
