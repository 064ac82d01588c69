/** The answers that the page shows, as the server marked them: #fn-answer-ID, and .fn-in-CONVERSATION. */

const WHOLE = "#fn-conversation [id^='fn-answer-']";

/** The whole answers, abstentions among them, in the order of the page. */
export const answersShown = () => [...document.querySelectorAll(WHOLE)];

/** The whole answer that an element is in; null where it is in none. */
export const answerAround = (element) => element.closest?.(WHOLE) ?? null;

export const idOf = (answer) => answer.id.replace("fn-answer-", "");

/** The conversation that an answer is in; null where it is in none. */
export const conversationOf = (answer) =>
  [...answer.classList].find((name) => name.startsWith("fn-in-"))?.replace("fn-in-", "") ?? null;

/** The question above an answer. */
export const questionOf = (answer) =>
  answer.closest(".bot-row")?.previousElementSibling?.querySelector(".fn-question") ?? null;

/** The entry of a mark in its answer's list of footnotes; null where that is not there yet. */
export function footnoteOf(mark) {
  const number = /\[(\d+)\]/.exec(mark.textContent)?.[1];
  return (number && mark.closest(".fn-answer")?.querySelector(`.fn-foot-${number}`)) || null;
}

/** Puts the focus on the conversation, where what had it goes: a reader begins again from there. */
export function focusConversation() {
  const log = document.querySelector('#fn-conversation [role="log"]');
  if (!log) return;
  log.tabIndex = -1;
  log.focus({ preventScroll: true });
}
