/*
 * Converts between places in a report's text and places on the page.
 *
 * Offsets count code points of the whole text, as everywhere in the product, but JavaScript's strings and
 * ranges count UTF-16 units. The text content of an element that `textElement` creates is the text of its
 * part.
 */

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

/** Returns the document offset of a place in the element of a part. */
export function offsetOf(container, part, node, index) {
  const before = document.createRange();
  before.setStart(container, 0);
  before.setEnd(node, index);
  return part.start + codePoints(part.text.slice(0, before.toString().length));
}

/** Returns the text nodes of an element, each with its start in the element's text. */
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
