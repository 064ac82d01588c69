/*
 * Renders a table of a report's text as an HTML table. The text content is still the document's text: it has
 * the bars between the cells and the line breaks between the rows, but hidden.
 */

import { make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { markedWords, pageMark } from "./marks.js";

const LINE = /[^\n\r\f\v\x1c-\x1e\x85\u2028\u2029]+/g;
const CELL_EDGE = /(?<=^|\s)\|(?=\s|$)/g;
const NO_VALUE = new Set(["", "-", "–", "—", "..", "…", "n/a", "N/A", "none", "None"]);
const UNIT_LETTERS = 3; // a cell with more letters than a currency code or a unit is text

/** Returns text as people read it: with middle dots in place of the bars between cells. */
export const readable = (text) =>
  text.replace(/.*\|.*/g, (line) =>
    line
      .split(CELL_EDGE)
      .map((cell) => cell.trim())
      .filter(Boolean)
      .join(" · "),
  );

/** Returns the lines of a stretch of `string`, with their cells as [begin, end], without the bars. */
function linesOf(string, begin, end) {
  let gap = begin;
  return [...string.slice(begin, end).matchAll(LINE)]
    .filter(([words]) => words.trim())
    .map((found) => {
      const start = begin + found.index;
      const edges = [...found[0].matchAll(CELL_EDGE)].map((edge) => start + edge.index);
      const stop = start + found[0].length;
      const first = start + found[0].search(/\S/); // a quote begins after the indentation
      const cells = [first, ...edges.map((edge) => edge + 1)].map((cell, index) => [
        cell,
        edges[index] ?? stop,
      ]);
      const line = { gap, begin: first, end: stop, cells, isRow: edges.length > 0 };
      gap = stop;
      return line;
    });
}

const cellWords = (string, line, column) =>
  line.isRow && column < line.cells.length ? string.slice(...line.cells[column]).trim() : "";

/**
 * Renders lines of a table as an element that scrolls.
 *
 * `headings` has header lines from before the part: they are visible, but not in the text content.
 */
export function tableElement(marked, begin, headerEnd, end, headings = "") {
  const { string } = marked;
  const lines = linesOf(string, begin, end);
  const above = linesOf(headings, 0, headings.length);
  const body = lines.filter((line) => line.begin >= headerEnd);
  const head = lines.filter((line) => line.begin < headerEnd);
  const columns = columnsOf(string, body, [
    [headings, above],
    [string, head],
  ]);
  const captions = above.some((line) => line.isRow) ? 0 : head.findIndex((line) => line.isRow);
  const caption = head.slice(0, captions < 0 ? head.length : captions);
  const thead = [
    ...above.map((line) => repeatedRow(headings, line, columns)),
    ...head.slice(caption.length).flatMap((line) => rowElements(marked, line, columns, "head")),
  ];
  const table = make(
    "table",
    {},
    caption.length ? make("caption", {}, ...caption.map((line) => captionLine(marked, line))) : null,
    thead.length ? make("thead", {}, ...thead) : null,
    make("tbody", {}, ...body.flatMap((line) => rowElements(marked, line, columns, "body"))),
  );
  // Add the line break after the last row, if the part has it.
  const last = [...table.rows].at(-1)?.lastElementChild ?? table.caption ?? table;
  last.append(...hidden(marked, lines.at(-1)?.end ?? begin, end));
  return make("div", { class: "fn-table" }, table);
}

/** Returns for each column whether it is empty, and whether its values are figures. */
function columnsOf(string, body, others) {
  const every = [...body, ...others.flatMap(([, lines]) => lines)];
  const number = every.reduce((most, line) => Math.max(most, line.cells.length), 1);
  return Array.from({ length: number }, (_, column) => {
    const values = body.map((line) => cellWords(string, line, column));
    const given = values.filter((words) => !NO_VALUE.has(words));
    const headed = others.some(([from, lines]) => lines.some((line) => cellWords(from, line, column)));
    return {
      empty: !headed && !values.some(Boolean),
      figures: column > 0 && given.length > 0 && given.every(isFigure),
    };
  });
}

const isFigure = (words) => /\p{Nd}/u.test(words) && (words.match(/\p{L}/gu) ?? []).length <= UNIT_LETTERS;

function captionLine(marked, line) {
  return make(
    "span",
    { class: "fn-line", dir: "auto" },
    ...hidden(marked, line.gap, line.begin),
    ...markedWords(marked, line.begin, line.end),
  );
}

/** Renders a line as a row; if a page begins there, a row with the page's number comes first. */
function rowElements(marked, line, columns, part) {
  const rows = [];
  const page = [...marked.pages.keys()].find((unit) => unit > line.gap && unit <= line.begin);
  if (page)
    rows.push(
      make(
        "tr",
        { class: "fn-page-row" },
        make("td", { colspan: columns.length }, ...pageMark(marked, page)),
      ),
    );
  const cited = marked.to > marked.from && line.begin >= marked.from && line.end <= marked.to;
  const row = make("tr", { class: cited ? "fn-cited" : null });
  if (line.isRow) row.append(...cellElements(marked, line, columns, part));
  else row.append(labelElement(marked, line, columns));
  row.firstElementChild.prepend(...hidden(marked, line.gap, line.begin));
  return [...rows, row];
}

function cellElements(marked, line, columns, part) {
  const elements = line.cells.map(([begin, end], column) => {
    const words = marked.string.slice(begin, end).trim();
    // A screen reader would announce an empty heading.
    const heads = words && (part === "head" || column === 0);
    const { class: kind, ...others } = attributes(columns[column]);
    const meant = marked.cell && begin <= marked.cell[0] && marked.cell[1] <= end;
    return make(
      heads ? "th" : "td",
      {
        ...others,
        class: [kind, meant && "fn-cell"].filter(Boolean).join(" ") || null,
        scope: heads ? (part === "head" ? "col" : "row") : null,
      },
      ...markedWords(marked, begin, end),
      ...hidden(marked, end, Math.min(end + 1, line.end)),
    );
  });
  const missing = columns.length - elements.length;
  return missing ? [...elements, make("td", { colspan: missing })] : elements;
}

/** Renders a line with one cell, which names a group of rows or their units. */
function labelElement(marked, line, columns) {
  return make(
    "th",
    { colspan: columns.length, class: "fn-label", dir: "auto" },
    ...markedWords(marked, line.begin, line.end),
  );
}

/** Renders a header line from before the part; its words are attributes, to stay out of the text content. */
function repeatedRow(headings, line, columns) {
  if (!line.isRow)
    return make(
      "tr",
      {},
      make("th", {
        colspan: columns.length,
        class: "fn-label",
        "data-words": headings.slice(line.begin, line.end),
      }),
    );
  return make(
    "tr",
    {},
    ...columns.map((column, index) => {
      const words = cellWords(headings, line, index);
      return make(words ? "th" : "td", { ...attributes(column), "data-words": words || null });
    }),
  );
}

const attributes = (column) => ({
  class: column.figures ? "fn-figure" : null,
  hidden: column.empty ? "" : null,
  dir: "auto",
});

/** Renders characters of the text hidden, such as the bars, since the table's own lines replace them. */
function hidden(marked, begin, end) {
  return markedWords(marked, begin, end).map((node) => {
    const element = node instanceof Text ? make("span", {}, node) : node;
    element.hidden = true;
    return element;
  });
}

/** Lets the keyboard scroll each table that is larger than its box. */
export function reachTables(container) {
  for (const box of container.querySelectorAll(".fn-table")) {
    const larger = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (!larger) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", box.querySelector("caption")?.textContent.trim() || t("tables.label"));
  }
}
