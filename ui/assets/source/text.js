/** A part of a report's text as paragraphs and tables. */

import { make } from "../dom.js";
import { markedWords, pageMark } from "./marks.js";
import { tableElement } from "./tables.js";

/** Gives the places in the part's string, in UTF-16 units, of some offsets in the whole document. */
function unitsIn(part, offsets) {
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

/**
 * The text of a report's part as paragraphs and tables, with page beginnings and the quoted words marked.
 *
 * Words reach the page through text nodes only, and the element's text is the document's text.
 */
export function textElement(report, part, quote) {
  const pages = part.page_starts
    .map((start, index) => [start, index + 1])
    .filter(([start]) => start >= part.start && start < part.end);
  const tables = part.tables.map((table) => [table.start, table.header_end, table.end]);
  const [from, to] = quote ? [quote.start, quote.end] : [0, 0];
  const unit = unitsIn(part, [from, to, ...pages.map(([start]) => start), ...tables.flat()]);
  const marked = {
    string: part.text,
    from: unit(from),
    to: unit(to),
    pages: new Map(pages.map(([start, number]) => [firstWord(part.text, unit(start)), number])),
  };
  const container = make("div", { class: "fn-text", lang: report.language, dir: "auto" });
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

/** The place of an offset of the document in the element of its part, as a range without extent. */
export function placeIn(container, part, offset) {
  let unit = unitsIn(part, [offset])(offset);
  const walker = document.createTreeWalker(container, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (unit < node.length) {
      const range = document.createRange();
      range.setStart(node, unit);
      range.setEnd(node, unit + 1);
      return range;
    }
    unit -= node.length;
  }
  return null;
}

function firstWord(string, unit) {
  while (unit < string.length && /\s/.test(string[unit])) unit++;
  return unit;
}

/** Paragraphs end at blank lines, which stay between them: the panel's text is the document's text. */
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
  const element = make("p", { dir: "auto" });
  const pages = [...marked.pages.keys()].filter((cut) => cut >= begin && cut < end);
  const cuts = [...new Set([begin, ...pages, end])].sort((a, b) => a - b);
  cuts
    .slice(0, -1)
    .forEach((cut, index) =>
      element.append(...pageMark(marked, cut), ...markedWords(marked, cut, cuts[index + 1])),
    );
  return element;
}
