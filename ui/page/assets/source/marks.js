/** Marks the quote, the page breaks and the matches of a search in the text of a report. */

import { make } from "../controls/dom.js";
import { t } from "../i18n.js";

const BAR = /(?<=^|\s)(\|)(?=\s|$)/; // between cells; the style shows a dot

/** Returns a line with the number of the page that begins at `unit`, or nothing if none does. */
export function pageMark({ pages }, unit) {
  const number = pages.get(unit);
  return number
    ? [
        make("span", {
          class: "fn-page",
          "data-page": t("pages.page", { page: number }),
          "aria-hidden": "true",
        }),
      ]
    : [];
}

/** Returns the text between two places as text nodes, with the quote in a `mark`. */
export function markedWords({ string, from, to }, begin, end) {
  const cuts = [begin, ...[from, to].filter((cut) => cut > begin && cut < end), end];
  return cuts
    .slice(0, -1)
    .map((cut, index) => [cut, string.slice(cut, cuts[index + 1])])
    .filter(([, words]) => words)
    .flatMap(([cut, words]) => {
      const parts = words.split(BAR).filter(Boolean);
      const nodes = parts.map((part) =>
        part === "|" ? make("span", { class: "fn-bar" }, part) : document.createTextNode(part),
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

/** Returns the text nodes of a range, split at its start and end. */
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
