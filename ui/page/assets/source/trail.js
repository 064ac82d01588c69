/*
 * Steps through the footnotes of an answer, in their order, each place once.
 *
 * A mark is a link to #cite-DOCUMENT-VERSION-START-END. If the question asks for one cell of a quoted row,
 * -START-END of the cell follows. Gradio replaces the elements of a message while the message arrives, so a
 * trail stores the targets of the links, and finds its answer again.
 */

const CITATION = /^#cite-(\d+)-(\d+)-(\d+)-(\d+)(?:-(\d+)-(\d+))?$/;
const MARKS = "a.fn-mark";

/**
 * Parses the target of a link to a quote: {id, version, quote}; undefined for any other target. The quote is
 * {start, end}; if the question asks for one cell of a quoted row, it also has the `cell`.
 */
export function placeOf(href) {
  const found = CITATION.exec(href ?? "")
    ?.slice(1)
    .map((digits) => digits && Number(digits));
  if (!found) return undefined;
  const [id, version, start, end, from, to] = found;
  const cell = from === undefined ? {} : { cell: { start: from, end: to } };
  return { id, version, quote: { start, end, ...cell } };
}

export const hrefOf = ({ id, version, quote: { start, end, cell } }) =>
  `#cite-${[id, version, start, end, ...(cell ? [cell.start, cell.end] : [])].join("-")}`;

const conversation = () => document.querySelector("#fn-conversation");
const hrefsIn = (answer) => [...answer.querySelectorAll(MARKS)].map((mark) => mark.getAttribute("href"));
const answerOf = (link) => link?.closest(".fn-answer") ?? null;

/** Returns the last mark with a target, in an element or in the whole conversation. */
function markTo(href, within = conversation()) {
  return [...(within?.querySelectorAll(`${MARKS}[href="${CSS.escape(href)}"]`) ?? [])].at(-1) ?? null;
}

/** Returns the trail of `link`'s answer, or of one that links to `href`: {answer, hrefs, at}; or null. */
export function trailAt(href, link = null) {
  const answer = answerOf(link) ?? answerOf(markTo(href));
  if (!answer) return null;
  const hrefs = [...new Set(hrefsIn(answer))];
  const at = hrefs.indexOf(href);
  return at < 0 ? null : { answer, hrefs, at };
}

/** Returns the trail of the newest answer, before its first or after its last footnote; else null. */
export function trailBeside(step) {
  const answer = answerOf([...(conversation()?.querySelectorAll(MARKS) ?? [])].at(-1));
  if (!answer) return null;
  const hrefs = [...new Set(hrefsIn(answer))];
  return { answer, hrefs, at: step > 0 ? -1 : hrefs.length };
}

/** Adds the new footnotes of its answer to a trail; returns the same object if nothing has changed. */
export function grown(trail) {
  const answer = found(trail) ?? trail.answer;
  const hrefs = [...new Set([...trail.hrefs, ...hrefsIn(answer)])];
  return answer === trail.answer && hrefs.length === trail.hrefs.length
    ? trail
    : { answer, hrefs, at: trail.at };
}

/** Moves a trail by `step` footnotes; returns null beyond its ends. */
export function moved(trail, step) {
  const at = trail.at + step;
  return at >= 0 && at < trail.hrefs.length ? { ...trail, at } : null;
}

function found({ answer, hrefs }) {
  if (answer.isConnected) return answer;
  return (answer.id && document.getElementById(answer.id)) || answerOf(markTo(hrefs[0]));
}

/** Returns the present element of a trail's mark; null if there is none. */
export function markOf(trail) {
  const answer = found(trail);
  return answer?.querySelector(`${MARKS}[href="${CSS.escape(trail.hrefs[trail.at])}"]`) ?? null;
}

export const numberOf = (trail) => markOf(trail)?.textContent.replace(/^\[|\]$/g, "") ?? "";

/** Returns whether the current mark in the answer has the trail's target; an answer may have several such marks. */
export const isMarked = (trail) => {
  const current = found(trail)?.querySelector("[aria-current]");
  return current?.getAttribute("href") === trail.hrefs[trail.at];
};

export function markCurrent(link) {
  for (const other of conversation()?.querySelectorAll("[aria-current]") ?? [])
    other.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
}
