/** Marks in the text of a report: the quoted words, the beginnings of pages, and the matches of a search. */

import { make } from "../controls/dom.js";
import { t } from "../i18n.js";

/** Where a page begins at `unit`, a line that says which. */
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

/** The words between two places as text nodes, those of the quote in a mark. */
export function markedWords({ string, from, to }, begin, end) {
  const cuts = [begin, ...[from, to].filter((cut) => cut > begin && cut < end), end];
  return cuts
    .slice(0, -1)
    .map((cut, index) => [cut, string.slice(cut, cuts[index + 1])])
    .filter(([, words]) => words)
    .map(([cut, words]) =>
      cut >= from && cut < to ? make("mark", { tabindex: "-1" }, words) : document.createTextNode(words),
    );
}

// Matches

const canPaint = () => typeof Highlight === "function" && "highlights" in CSS;
const [ALL, CURRENT] = ["fn-match", "fn-match-current"];

/** Paints some ranges of a text that has no paint on it; `current` is the one that is being read. */
export function paint(ranges, current) {
  if (canPaint()) {
    CSS.highlights.set(ALL, new Highlight(...ranges));
    if (current) CSS.highlights.set(CURRENT, Object.assign(new Highlight(current), { priority: 1 }));
  } else {
    // The last first: what is put around words does not move the places before them.
    for (const range of [...ranges].reverse()) surround(range, range === current ? `${ALL} ${CURRENT}` : ALL);
  }
}

/** Takes the paint off a text. Ranges that were in the painted words are void then. */
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

/** The text nodes of a range, cut where it begins and ends. */
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
