/** Finds the answers on the page. The server marks them with #fn-answer-ID and .fn-in-CONVERSATION. */

const WHOLE = "#fn-conversation [id^='fn-answer-']";

/** Returns the whole answers, including abstentions, in the order of the page. */
export const answersShown = () => [...document.querySelectorAll(WHOLE)];
export const answerAround = (element) => element.closest?.(WHOLE) ?? null;
export const idOf = (answer) => answer.id.replace("fn-answer-", "");

export const conversationOf = (answer) =>
  [...answer.classList].find((name) => name.startsWith("fn-in-"))?.replace("fn-in-", "") ?? null;

export const questionOf = (answer) =>
  answer.closest(".bot-row")?.previousElementSibling?.querySelector(".fn-question") ?? null;

/** Returns a mark's entry in its answer's list of footnotes; null if the list does not have it yet. */
export function footnoteOf(mark) {
  const number = /\[(\d+)\]/.exec(mark.textContent)?.[1];
  return (number && mark.closest(".fn-answer")?.querySelector(`.fn-foot-${number}`)) || null;
}

export function focusConversation() {
  const log = document.querySelector('#fn-conversation [role="log"]');
  if (!log) return;
  log.tabIndex = -1;
  log.focus({ preventScroll: true });
}
