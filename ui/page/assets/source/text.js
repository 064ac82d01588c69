/*
 * Renders a part of a report's text as paragraphs and tables, marks the quote, the page breaks and the matches of a
 * search, and converts between places in the text and on the page. The text content of the element is the document's
 * text: a table has the bars between its cells and the line breaks between its rows, but hidden. Text is added as text
 * nodes only.
 *
 * Offsets count code points of the whole text, but JavaScript's strings and ranges count UTF-16 units.
 */

import { make } from "../controls/dom.js";
import { pageWords } from "../facts.js";
import { t } from "../i18n.js";

const ABOVE_SECTIONS = 2; // heading levels above a section's: the page's, and the report's
const DEEPEST = 6;

export function textElement(report, part, quote) {
  const pages = part.page_starts
    .map((start, index) => [start, index + 1])
    .filter(([start]) => start >= part.start && start < part.end);
  const tables = part.tables.map((table) => [table.start, table.header_end, table.end]);
  const [from, to] = quote ? [quote.start, quote.end] : [0, 0];
  const cell = quote?.cell ? [quote.cell.start, quote.cell.end] : [];
  const sections = (report.sections ?? []).filter(({ start }) => start >= part.start && start < part.end);
  const offsets = [from, to, ...cell, ...pages.map(([start]) => start), ...tables.flat()];
  const unit = unitsIn(part, [...offsets, ...sections.map(({ start }) => start)]);
  const marked = {
    string: part.text,
    labels: part.page_labels,
    from: unit(from),
    to: unit(to),
    cell: cell.length ? cell.map(unit) : null,
    pages: new Map(pages.map(([start, number]) => [firstWord(part.text, unit(start)), number])),
    sections: new Map(sections.map((section) => [unit(section.start), section])),
  };
  const container = make("div.fn-text", { lang: report.language, dir: "auto" });
  let begin = 0;
  part.tables.forEach((table, index) => {
    const [start, headerEnd, end] = tables[index].map(unit);
    container.append(...paragraphs(marked, begin, start), ...pageMark(marked, start));
    container.append(tableElement(marked, start, headerEnd, end, table.headings));
    begin = end;
  });
  container.append(...paragraphs(marked, begin, part.text.length));
  return container;
}

function firstWord(string, unit) {
  while (unit < string.length && /\s/.test(string[unit])) unit++;
  return unit;
}

/** Splits text into paragraphs at blank lines. Blank lines stay: the text content is the document's text. */
function paragraphs(marked, begin, end) {
  const nodes = [];
  const string = marked.string.slice(begin, end);
  let from = 0;
  for (const gap of [...string.matchAll(/\n\s*\n|^\s*\n/g), { index: string.length, 0: "" }]) {
    if (gap.index > from) nodes.push(paragraph(marked, begin + from, begin + gap.index));
    nodes.push(gap[0]);
    from = gap.index + gap[0].length;
  }
  return nodes;
}

function paragraph(marked, begin, end) {
  const element = make("p", { ...headingAttributes(marked, begin, end), dir: "auto" });
  const pages = [...marked.pages.keys()].filter((cut) => cut >= begin && cut < end);
  const cuts = [...new Set([begin, ...pages, end])].sort((a, b) => a - b);
  cuts
    .slice(0, -1)
    .forEach((cut, index) =>
      element.append(...pageMark(marked, cut), ...markedWords(marked, cut, cuts[index + 1])),
    );
  return element;
}

function headingAttributes({ sections, string }, begin, end) {
  const section = sections.get(begin);
  const alone = (words) => words.replace(/\s+/g, " ").trim();
  if (!section || alone(string.slice(begin, end)) !== alone(section.title)) return {};
  const level = Math.min(section.level + ABOVE_SECTIONS, DEEPEST);
  return { role: "heading", "aria-level": level, class: `fn-heading fn-heading-${level}` };
}

// Tables

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

/** `headings` has header lines from before the part: they are visible, but not in the text content. */
function tableElement(marked, begin, headerEnd, end, headings = "") {
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
    caption.length ? make("caption", ...caption.map((line) => captionLine(marked, line))) : null,
    thead.length ? make("thead", ...thead) : null,
    make("tbody", ...body.flatMap((line) => rowElements(marked, line, columns, "body"))),
  );
  // Add the line break after the last row, if the part has it.
  const last = [...table.rows].at(-1)?.lastElementChild ?? table.caption ?? table;
  last.append(...hidden(marked, lines.at(-1)?.end ?? begin, end));
  return make("div.fn-table", table);
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
    "span.fn-line",
    { dir: "auto" },
    ...hidden(marked, line.gap, line.begin),
    ...markedWords(marked, line.begin, line.end),
  );
}

/** Renders a line as a row; if a page begins there, a row with the page's number comes first. */
function rowElements(marked, line, columns, part) {
  const rows = [];
  const page = [...marked.pages.keys()].find((unit) => unit > line.gap && unit <= line.begin);
  if (page)
    rows.push(make("tr.fn-page-row", make("td", { colspan: columns.length }, ...pageMark(marked, page))));
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
      make("th", {
        colspan: columns.length,
        class: "fn-label",
        "data-words": headings.slice(line.begin, line.end),
      }),
    );
  return make(
    "tr",
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
    const element = node instanceof Text ? make("span", node) : node;
    element.hidden = true;
    return element;
  });
}

export function reachTables(container) {
  for (const box of container.querySelectorAll(".fn-table")) {
    const larger = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (!larger) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", box.querySelector("caption")?.textContent.trim() || t("tables.label"));
  }
}

// Marks

const BAR = /(?<=^|\s)(\|)(?=\s|$)/; // between cells; the style shows a dot

/** Returns a line with the number of the page that begins at `unit`, or nothing if none does. */
function pageMark({ pages, labels }, unit) {
  const number = pages.get(unit);
  return number
    ? [
        make("span.fn-page", {
          "data-page": t("pages.page", { page: pageWords(number, labels) }),
          "aria-hidden": "true",
        }),
      ]
    : [];
}

/** Returns the text between two places as text nodes, with the quote in a `mark`. */
function markedWords({ string, from, to }, begin, end) {
  const cuts = [begin, ...[from, to].filter((cut) => cut > begin && cut < end), end];
  return cuts
    .slice(0, -1)
    .map((cut, index) => [cut, string.slice(cut, cuts[index + 1])])
    .filter(([, words]) => words)
    .flatMap(([cut, words]) => {
      const parts = words.split(BAR).filter(Boolean);
      const nodes = parts.map((part) =>
        part === "|" ? make("span.fn-bar", part) : document.createTextNode(part),
      );
      return cut >= from && cut < to ? [make("mark", { tabindex: "-1" }, ...nodes)] : nodes;
    });
}

// Matches

const canPaint = () => typeof Highlight === "function" && "highlights" in CSS;
const [ALL, CURRENT] = ["fn-match", "fn-match-current"];

/** Highlights ranges in a text without highlights; `current` is the range of the current match. */
export function paint(ranges, current) {
  if (canPaint()) {
    CSS.highlights.set(ALL, new Highlight(...ranges));
    if (current) CSS.highlights.set(CURRENT, Object.assign(new Highlight(current), { priority: 1 }));
  } else {
    // Start with the last range, since wrapping it does not move the ranges before it.
    for (const range of [...ranges].reverse()) surround(range, range === current ? `${ALL} ${CURRENT}` : ALL);
  }
}

/** Removes the highlights of a text; ranges in the highlighted words become invalid. */
export function unpaint(container) {
  if (canPaint()) [ALL, CURRENT].forEach((name) => CSS.highlights.delete(name));
  for (const mark of container.querySelectorAll(`mark.${ALL}`)) {
    const parent = mark.parentNode;
    mark.replaceWith(...mark.childNodes);
    parent.normalize();
  }
}

function surround(range, name) {
  for (const words of wordsIn(range)) {
    const mark = make("mark", { class: name });
    words.replaceWith(mark);
    mark.append(words);
  }
}

function wordsIn(range) {
  const { startContainer, startOffset, endContainer, endOffset, commonAncestorContainer } = range;
  const isText = commonAncestorContainer.nodeType === Node.TEXT_NODE;
  const within = isText ? commonAncestorContainer.parentNode : commonAncestorContainer;
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) if (range.intersectsNode(walker.currentNode)) nodes.push(walker.currentNode);
  return nodes
    .map((node) => {
      if (node === endContainer && endOffset < node.length) node.splitText(endOffset);
      return node === startContainer && startOffset > 0 ? node.splitText(startOffset) : node;
    })
    .filter((node) => node.length > 0);
}

// Places

export const codePoints = (string) => {
  let count = 0;
  for (let unit = 0; unit < string.length; count++) unit += string.codePointAt(unit) > 0xffff ? 2 : 1;
  return count;
};

/** Returns a function that maps each of the document `offsets` to UTF-16 units in the part's string. */
export function unitsIn(part, offsets) {
  const units = new Map();
  let unit = 0;
  let point = part.start;
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    for (; point < offset && unit < part.text.length; point++)
      unit += part.text.codePointAt(unit) > 0xffff ? 2 : 1;
    units.set(offset, unit);
  }
  return (offset) => units.get(offset);
}

/** Returns the ranges on the page of spans of the document, cut to the part; null for one outside. */
export function rangesIn(container, part, spans) {
  const within = ({ start, end }) => start < part.end && end > part.start;
  const unit = unitsIn(
    part,
    spans.filter(within).flatMap(({ start, end }) => [Math.max(start, part.start), end]),
  );
  const nodes = textNodes(container);
  return spans.map((span) => {
    if (!within(span)) return null;
    const [from, to] = [unit(Math.max(span.start, part.start)), unit(span.end)];
    const range = document.createRange();
    range.setStart(...nodeAt(nodes, from));
    range.setEnd(...nodeAt(nodes, to, 1));
    return range;
  });
}

export function offsetOf(container, part, node, index) {
  const before = document.createRange();
  before.setStart(container, 0);
  before.setEnd(node, index);
  return part.start + codePoints(part.text.slice(0, before.toString().length));
}

function textNodes(container) {
  const walker = document.createTreeWalker(container, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let begin = 0;
  while (walker.nextNode()) {
    nodes.push({ node: walker.currentNode, begin });
    begin += walker.currentNode.length;
  }
  return nodes;
}

/** Returns the text node at a place and the offset in it; with `last` 1, prefers the node that ends there. */
function nodeAt(nodes, unit, last = 0) {
  let [low, high] = [0, nodes.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (nodes[middle].begin <= unit - last) low = middle;
    else high = middle - 1;
  }
  const { node, begin } = nodes[low];
  return [node, Math.min(unit - begin, node.length)];
}
