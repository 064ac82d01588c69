/*
 * The footnotes of an answer in their order, each place once, for the way from one to the next.
 *
 * A mark is a link to #cite-DOCUMENT-VERSION-START-END. The messages of the conversation are drawn anew while
 * they stream, so a trail keeps the links' targets, and finds its answer again.
 */

const CITATION = /^#cite-(\d+)-(\d+)-(\d+)-(\d+)$/;
const MARKS = "a.fn-mark";

/** The place in a report that a link's target names: {id, version, quote}; undefined where it names none. */
export function placeOf(href) {
  const found = CITATION.exec(href ?? "")
    ?.slice(1)
    .map(Number);
  return found && { id: found[0], version: found[1], quote: { start: found[2], end: found[3] } };
}

/** The target of a link to quoted words. */
export const hrefOf = ({ id, version, quote }) => `#cite-${id}-${version}-${quote.start}-${quote.end}`;

const conversation = () => document.querySelector("#fn-conversation");
const hrefsIn = (answer) => [...answer.querySelectorAll(MARKS)].map((mark) => mark.getAttribute("href"));

const answerOf = (link) => link?.closest(".fn-answer") ?? null;

/** The latest mark of the conversation that leads to a place. */
function markTo(href, within = conversation()) {
  return [...(within?.querySelectorAll(`${MARKS}[href="${CSS.escape(href)}"]`) ?? [])].at(-1) ?? null;
}

/**
 * The trail of the answer that a link belongs to, or that has a mark to its place: {answer, hrefs, at}, or
 * null.
 */
export function trailAt(href, link = null) {
  const answer = answerOf(link) ?? answerOf(markTo(href));
  if (!answer) return null;
  const hrefs = [...new Set(hrefsIn(answer))];
  const at = hrefs.indexOf(href);
  return at < 0 ? null : { answer, hrefs, at };
}

/** The trail of the newest answer, before its first footnote or behind its last; null without any. */
export function trailBeside(step) {
  const answer = answerOf([...(conversation()?.querySelectorAll(MARKS) ?? [])].at(-1));
  if (!answer) return null;
  const hrefs = [...new Set(hrefsIn(answer))];
  return { answer, hrefs, at: step > 0 ? -1 : hrefs.length };
}

/** The same trail with the footnotes that its answer has got since; the same object where there are none. */
export function grown(trail) {
  const answer = found(trail) ?? trail.answer;
  const hrefs = [...new Set([...trail.hrefs, ...hrefsIn(answer)])];
  return answer === trail.answer && hrefs.length === trail.hrefs.length
    ? trail
    : { answer, hrefs, at: trail.at };
}

/** The same trail `step` footnotes on; null at its ends. */
export function moved(trail, step) {
  const at = trail.at + step;
  return at >= 0 && at < trail.hrefs.length ? { ...trail, at } : null;
}

/** The answer of a trail as it is drawn now. */
function found({ answer, hrefs }) {
  if (answer.isConnected) return answer;
  return (answer.id && document.getElementById(answer.id)) || answerOf(markTo(hrefs[0]));
}

/** The mark of the footnote at which a trail is, as it is drawn now; null where there is none. */
export function markOf(trail) {
  const answer = found(trail);
  return answer?.querySelector(`${MARKS}[href="${CSS.escape(trail.hrefs[trail.at])}"]`) ?? null;
}

/** The number that the footnote at which a trail is has in its conversation, as it is written there. */
export const numberOf = (trail) => markOf(trail)?.textContent.replace(/^\[|\]$/g, "") ?? "";

/** Whether a mark of the footnote at which a trail is, be it not the first, is the one that is open. */
export const isMarked = (trail) => {
  const current = found(trail)?.querySelector("[aria-current]");
  return current?.getAttribute("href") === trail.hrefs[trail.at];
};

/** Marks one link of the conversation as the one that is open; null marks none. */
export function markCurrent(link) {
  for (const other of conversation()?.querySelectorAll("[aria-current]") ?? [])
    other.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
}
