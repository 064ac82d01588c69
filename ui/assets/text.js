import { make } from "./dom.js";

/** The places in `string`, in UTF-16 units, of ascending offsets in code points. */
function unitsOf(string, offsets) {
  const units = [];
  let unit = 0;
  let point = 0;
  for (const offset of offsets) {
    for (; point < offset && unit < string.length; point++) unit += string.codePointAt(unit) > 0xffff ? 2 : 1;
    units.push(unit);
  }
  return units;
}

/**
 * The text of a report's part as paragraphs, with page beginnings and the quoted words marked.
 *
 * Words reach the page through text nodes only, and the element's text is the document's text.
 */
export function textElement(report, part, quote) {
  const shown = (offset) => Math.min(Math.max(offset - part.start, 0), part.end - part.start);
  const pages = part.page_starts
    .map((start, index) => [start, index + 1])
    .filter(([start]) => start >= part.start && start < part.end);
  const pageUnits = unitsOf(
    part.text,
    pages.map(([start]) => shown(start)),
  );
  const [from, to] = quote ? unitsOf(part.text, [shown(quote.start), shown(quote.end)]) : [0, 0];
  const numbers = new Map(pageUnits.map((unit, index) => [firstWord(part.text, unit), pages[index][1]]));
  const container = make("div", { class: "fn-text", lang: report.language, dir: "auto" });
  let begin = 0;
  // Paragraphs end at blank lines, which stay between them: the panel's text is the document's text.
  for (const gap of [...part.text.matchAll(/\n\s*\n/g), { index: part.text.length, 0: "" }]) {
    if (gap.index > begin) container.append(paragraph(part.text, begin, gap.index, from, to, numbers));
    container.append(gap[0]);
    begin = gap.index + gap[0].length;
  }
  return container;
}

function firstWord(string, unit) {
  while (unit < string.length && /\s/.test(string[unit])) unit++;
  return unit;
}

function paragraph(string, begin, end, from, to, pageNumbers) {
  const inside = [from, to, ...pageNumbers.keys()].filter((cut) => cut > begin && cut < end);
  const cuts = [...new Set([begin, ...inside, end])].sort((a, b) => a - b);
  // A table's rows are lines, and its cells are divided by bars.
  const rows = /\n/.test(string.slice(begin, end)) && / \| /.test(string.slice(begin, end));
  const element = make("p", { dir: "auto", class: rows ? "fn-rows" : null });
  cuts.slice(0, -1).forEach((cut, index) => {
    if (pageNumbers.has(cut))
      element.append(
        make("span", {
          class: "fn-page",
          "data-page": `Page ${pageNumbers.get(cut)}`,
          "aria-hidden": "true",
        }),
      );
    const words = string.slice(cut, cuts[index + 1]);
    element.append(cut >= from && cut < to ? make("mark", { tabindex: "-1" }, words) : words);
  });
  return element;
}
