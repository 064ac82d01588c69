/*
 * Places in a report's text, and where they are on the page.
 *
 * Offsets count code points of the whole text, as everywhere in the product, while JavaScript's strings and
 * the page's ranges count UTF-16 units. An element that `textElement` made has the text of its part.
 */

/** How many code points a string has. */
export const codePoints = (string) => {
  let count = 0;
  for (let unit = 0; unit < string.length; count++) unit += string.codePointAt(unit) > 0xffff ? 2 : 1;
  return count;
};

/** Gives the places in the part's string, in UTF-16 units, of some offsets in the whole document. */
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

/**
 * The ranges of the page for spans of the document, as far as they lie in the part; null for one that does
 * not.
 */
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

/** The offset in the document of a place in the element of its part. */
export function offsetOf(container, part, node, index) {
  const before = document.createRange();
  before.setStart(container, 0);
  before.setEnd(node, index);
  return part.start + codePoints(part.text.slice(0, before.toString().length));
}

/** The text nodes of an element, each with the place at which it begins. */
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

/**
 * The node that has the character at a place, and where in it; with `last`, the one that has the character
 * before.
 */
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
