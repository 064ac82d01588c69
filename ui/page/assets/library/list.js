/** The list of reports: those that the scope and the words that are looked for leave over. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { source } from "../panes.js";
import { getScope, onScope, setScope } from "../scope.js";
import { openSource } from "../source/reading.js";
import { VirtualList } from "../virtual.js";
import { focusRow, walk } from "../walking.js";
import { narrowed } from "./narrowing.js";
import { itemsOf, sorted } from "./ordering.js";
import { onReports, reports } from "./records.js";
import { groupRow, reportRow } from "./row.js";
import { getView } from "./view.js";

const state = {
  sought: "",
  order: null, // how `inOrder` is sorted, and which reports those are
  of: null,
  inOrder: [],
  added: [],
  folded: new Set(),
  part: null, // what is open in a row: {id, element}
  drawn: { shown: 0, of: 0 },
};
const heard = { counted() {}, menu() {}, cleared() {} };

const scroller = make("div", { class: "fn-scroll fn-list fn-reports", tabindex: "-1" });
const empty = make("div", { class: "fn-empty", hidden: "" });
const does = {
  open: (report, from) => openSource({ id: report.document_id, version: report.version }, { from }),
  menu: (report, opener) => heard.menu(report, opener),
};
const rows = new VirtualList(scroller, drawRow, t("library.contents"));

/**
 * The list. `counted` hears how many of each value there are, and how many reports are shown; `menu` opens the
 * menu of a report; `cleared` hears that no words are looked for any more.
 */
export function startList(given) {
  Object.assign(heard, given);
  scroller.prepend(empty);
  walk(rows);
  onReports(drawList);
  onScope(() => {
    drawList();
    rows.redraw();
  });
  // The row of the report that is being read says so.
  new MutationObserver(() => rows.redraw()).observe(source, { attributeFilter: ["data-report"] });
  return scroller;
}

function drawRow(of) {
  if (of.group !== undefined) return groupRow(of, toggleGroup);
  const id = of.document_id;
  return reportRow(of, does, {
    part: state.part?.id === id ? state.part.element : null,
    asked: getScope().document_ids.includes(id),
    current: source.dataset.report === String(id),
  });
}

/** The reports in the order that is chosen: sorting thousands anew for each letter would be felt. */
function inOrder() {
  const { order } = getView();
  if (state.order !== order || state.of !== reports())
    Object.assign(state, { order, of: reports(), inOrder: sorted(reports(), order) });
  return state.inOrder;
}

/** Shows the reports as they are to be shown now. */
export function drawList() {
  const { shown, counts } = narrowed(inOrder(), getScope(), state.sought);
  const open = state.part && !shown.some(({ document_id }) => document_id === state.part.id);
  // What is being described stays, though it may no longer be among those that are looked for.
  const edited = open ? inOrder().filter(({ document_id }) => document_id === state.part.id) : [];
  const items = itemsOf([...edited, ...shown], {
    group: getView().group,
    added: state.added,
    folded: state.folded,
  });
  if (state.part && !items.some(({ key }) => key === state.part.id)) closePart();
  rows.show(items, shown.length + edited.length);
  state.drawn = { shown: shown.length, of: reports().length };
  say();
  heard.counted(counts, state.drawn);
}

/** What stands in the place of a list without rows. */
function say() {
  const { shown, of } = state.drawn;
  empty.hidden = shown > 0;
  if (shown) return;
  empty.replaceChildren(
    ...(of
      ? [make("p", {}, t("library.nothing")), button(t("library.showAll"), showAll, { class: "fn-small-button" })]
      : [make("p", {}, t("library.empty"))]),
  );
}

/** Narrows the list by nothing but the reports that the question is kept to. */
function showAll() {
  state.sought = "";
  heard.cleared();
  drawList();
  setScope({
    publishers: [],
    collections: [],
    languages: [],
    kinds: [],
    published_after: null,
    published_before: null,
  });
}

function toggleGroup(id) {
  if (!state.folded.delete(id)) state.folded.add(id);
  drawList();
}

/** Shows only reports that have each of these words. */
export function find(sought) {
  state.sought = sought;
  scroller.scrollTop = 0;
  drawList();
}

/** Shows a report on top of the list for as long as the page is open. */
export function noteAdded(id) {
  state.added = [id, ...state.added.filter((other) => other !== id)];
  drawList();
}

/** Opens something in a report's row, in the place of what was open in another. */
export function openPart(id, element) {
  closePart();
  state.part = { id, element };
  rows.redraw(id);
  rows.keep(id, true);
  rows.reveal(id);
}

/** Closes what is open in a row; with `refocus`, the row gets the focus. */
export function closePart({ refocus = false } = {}) {
  if (!state.part) return;
  const { id } = state.part;
  state.part = null;
  rows.keep(id, false);
  rows.redraw(id);
  if (refocus) focusReport(id);
}

/** Gives the focus to a report's row; whether it is in the list. */
export const focusReport = (id, place = 0) => focusRow(rows, id, place);

/** Gives the focus to the report that will stand in another's place once that is gone. */
export function focusBeside(id) {
  const row = rows.rowOf(scroller.querySelector(`[data-id="${id}"]`));
  if (!row) return;
  const others = Array.from({ length: rows.length }, (_, index) => rows.keyAt(index));
  const isReport = (key) => typeof key === "number";
  const next = others.slice(row.index + 1).find(isReport) ?? others.slice(0, row.index).findLast(isReport);
  if (next !== undefined) focusReport(next);
}

/** Gives the focus to the first row. */
export const focusFirst = () => focusRow(rows, rows.keyAt(0));
