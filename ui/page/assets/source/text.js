/** Renders a part of a report's text as paragraphs and tables. */

import { make } from "../controls/dom.js";
import { markedWords, pageMark } from "./marks.js";
import { unitsIn } from "./places.js";
import { tableElement } from "./tables.js";

const ABOVE_SECTIONS = 2; // heading levels above a section's: the page's, and the report's
const DEEPEST = 6;

/**
 * Renders a part of a report's text, with the page breaks and the quote marked.
 *
 * It adds words as text nodes only. The element's text content is the document's text.
 */
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
    from: unit(from),
    to: unit(to),
    cell: cell.length ? cell.map(unit) : null,
    pages: new Map(pages.map(([start, number]) => [firstWord(part.text, unit(start)), number])),
    sections: new Map(sections.map((section) => [unit(section.start), section])),
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

/** Returns the attributes of a heading if the paragraph is the title of a section, else none. */
function headingAttributes({ sections, string }, begin, end) {
  const section = sections.get(begin);
  const alone = (words) => words.replace(/\s+/g, " ").trim();
  if (!section || alone(string.slice(begin, end)) !== alone(section.title)) return {};
  const level = Math.min(section.level + ABOVE_SECTIONS, DEEPEST);
  return { role: "heading", "aria-level": level, class: `fn-heading fn-heading-${level}` };
}
