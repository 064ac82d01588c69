/** The conversation that the page shows, and how another one is opened. */

import { answersShown, conversationOf } from "../answer/answers.js";
import { request } from "../answer/request.js";
import { uncover } from "../desk/panes.js";

/** The id of the conversation that is shown; null where none is, or only a question was asked in it. */
export function currentConversation() {
  const shown = answersShown().at(-1);
  return shown ? conversationOf(shown) : null;
}

/** What tells whether the conversation has changed: its answers. */
export const shownAnswers = () =>
  answersShown()
    .map(({ id }) => id)
    .join(" ");

/** Shows a conversation in the place of the present one. */
export function openConversation(id) {
  if (document.querySelector("#fn-request textarea")) request({ do: "open", conversation_id: id });
  else location.assign(`?conversation=${encodeURIComponent(id)}`);
  uncover();
}

/** Begins a conversation; the present one is kept. */
export function newConversation() {
  document.querySelector("#fn-new")?.click();
  uncover();
  document.querySelector("#fn-question textarea")?.focus();
}
