/** Shows the list of the reports that match the scope and the search, sorted and grouped as the user chooses. */

import { button, icon, iconButton, make } from "../controls/dom.js";
import { LongList, listRow } from "../controls/long_list.js";
import { toggleMenu } from "../controls/menu.js";
import { source } from "../desk/panes.js";
import { clearScope, getScope, onScope } from "../desk/scope.js";
import { factElements, kindWords } from "../facts.js";
import { t } from "../i18n.js";
import { openSource } from "../source/reading.js";
import { recall, remember } from "../storage.js";
import { GROUP_NAMES, itemsOf, narrowed, ORDER_NAMES, sorted } from "./narrowing.js";
import { onReports, reports } from "./reports.js";

const state = {
  sought: "",
  order: null, // the order of `inOrder`, which has the reports `of`
  of: null,
  inOrder: [],
  added: [],
  folded: new Set(),
  part: null, // the open form or list in a row: {id, element}
  drawn: { shown: 0, of: 0 },
};
const heard = { counted() {}, menu() {}, cleared() {} };
const scroller = make("div.fn-scroll.fn-list.fn-reports", { tabindex: "-1" });
const empty = make("div.fn-empty", { hidden: "" });
const drawRow = (of) => (of.group === undefined ? reportRow(of) : groupRow(of));
const rows = new LongList(scroller, drawRow, t("library.contents"));

/**
 * `counted` receives the number of reports of each value, and how many the list shows; `menu` opens the menu
 * of a report; `cleared` runs when the list clears the search.
 */
export function startList(given) {
  Object.assign(heard, given);
  scroller.prepend(empty);
  onReports(drawList);
  onScope(() => {
    drawList();
    rows.redraw();
  });
  // The row of the open report is marked as current.
  new MutationObserver(() => rows.redraw()).observe(source, { attributeFilter: ["data-report"] });
  return scroller;
}

/** Returns the reports in the chosen order; sorts them only after a change, since sorting many is slow. */
function inOrder() {
  const { order } = getView();
  if (state.order !== order || state.of !== reports())
    Object.assign(state, { order, of: reports(), inOrder: sorted(reports(), order) });
  return state.inOrder;
}

export function drawList() {
  const { shown, counts } = narrowed(inOrder(), getScope(), state.sought);
  const open = state.part && !shown.some(({ document_id }) => document_id === state.part.id);
  // A report with an open form or list stays, even if it no longer matches.
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

function say() {
  const { shown, of } = state.drawn;
  empty.hidden = shown > 0;
  if (shown) return;
  empty.replaceChildren(make("p", t(of ? "library.nothing" : "library.empty")));
  if (of) empty.append(button(t("library.showAll"), showAll, { class: "fn-small-button" }));
}

function showAll() {
  state.sought = "";
  heard.cleared();
  drawList();
  clearScope({ but: ["document_ids"] });
}

function toggleGroup(id) {
  if (!state.folded.delete(id)) state.folded.add(id);
  drawList();
}

export function find(sought) {
  state.sought = sought;
  scroller.scrollTop = 0;
  drawList();
}

/** Shows a report at the top of the list until the user leaves the page. */
export function noteAdded(id) {
  state.added = [id, ...state.added.filter((other) => other !== id)];
  drawList();
}

/** Opens an element in a report's row, and closes the element that is open in another row. */
export function openPart(id, element) {
  closePart();
  state.part = { id, element };
  rows.redraw(id);
  rows.keep(id, true);
  rows.reveal(id);
}

/** Brings an open element into view that has grown. */
export const revealPart = (element) => state.part?.element === element && rows.reveal(state.part.id);

export function closePart({ refocus = false } = {}) {
  if (!state.part) return;
  const { id } = state.part;
  state.part = null;
  rows.keep(id, false);
  rows.redraw(id);
  if (refocus) focusReport(id);
}

export const focusReport = (id, place = 0) => rows.focusRow(id, place);

export function focusBeside(id) {
  const row = rows.rowOf(scroller.querySelector(`[data-id="${id}"]`));
  if (!row) return;
  const others = Array.from({ length: rows.length }, (_, index) => rows.keyAt(index));
  const isReport = (key) => typeof key === "number";
  const next = others.slice(row.index + 1).find(isReport) ?? others.slice(0, row.index).findLast(isReport);
  if (next !== undefined) focusReport(next);
}

export const focusFirst = () => rows.focusRow(rows.keyAt(0));

// Rows

function reportRow(report) {
  const { document_id: id, version, title, language, kind, pages: count } = report;
  const dated = { ...report, author: null };
  const pages = count && t("library.pages", { count });
  const facts = factElements(dated, pages, version > 1 ? t("reading.version", { version }) : null);
  const row = listRow(
    {
      id,
      name: title,
      isCurrent: source.dataset.report === String(id),
      open: (from) => openSource({ id, version }, { from }),
      menu: (opener) => heard.menu(report, opener),
    },
    make("span.fn-report-title", { lang: language, dir: "auto" }, title),
    make("span.fn-facts", facts.length ? facts : factElements({}, kindWords(kind))),
    getScope().document_ids.includes(id) ? make("span.fn-asked", t("library.asked")) : null,
  );
  if (state.part?.id === id) row.append(state.part.element);
  return row;
}

const NAMES = {
  added: () => t("library.justAdded"),
  rest: () => t("library.others"),
  collection: () => t("library.noCollection"),
  publisher: () => t("library.noPublisher"),
};

function groupRow({ id, group, name, count, isFolded }) {
  const contents = [
    icon("chevron"),
    make("span.fn-group-name", { dir: "auto" }, name ?? NAMES[group]()),
    " ",
    make("span.fn-number", t("library.number", { number: count })),
  ];
  const attributes = { class: "fn-group-fold", "data-stop": "", "aria-expanded": String(!isFolded) };
  const fold = button(contents, () => toggleGroup(id), attributes);
  return make("li.fn-group", { "data-id": id }, make("h3", fold));
}

// How the list is sorted and grouped

const one = (names, name, otherwise) => (names.includes(name) ? name : otherwise);

const view = {
  order: one(ORDER_NAMES, recall("library.order"), "newest"),
  group: one(GROUP_NAMES, recall("library.group"), null),
};

const getView = () => view;

/** Creates the button with the menu; `changed` runs after a choice. */
export function viewButton(changed) {
  const choice = (field, name, chosen = name) => ({
    words: t(`library.${field}.${name}`),
    chosen: view[field] === chosen,
    run: () => {
      view[field] = chosen;
      remember(`library.${field}`, chosen);
      changed();
    },
  });
  const entries = () => [
    { heading: t("library.order") },
    ...ORDER_NAMES.map((name) => choice("order", name)),
    { heading: t("library.group") },
    choice("group", "none", null),
    ...GROUP_NAMES.map((name) => choice("group", name)),
  ];
  return iconButton("sort", t("library.view"), (event) => toggleMenu(event.currentTarget, entries()), {
    class: "fn-icon-button fn-view",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
  });
}
