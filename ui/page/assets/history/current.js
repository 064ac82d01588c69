/** Finds the conversation that the page shows, and opens another one. */

import { answersShown, conversationOf } from "../answer/answers.js";
import { request } from "../answer/request.js";
import { uncover } from "../desk/panes.js";

/** Returns the id of the shown conversation; null if the page shows no whole answer. */
export function currentConversation() {
  const shown = answersShown().at(-1);
  return shown ? conversationOf(shown) : null;
}

/** Returns the ids of the shown answers as one string, which changes when the conversation does. */
export const shownAnswers = () =>
  answersShown()
    .map(({ id }) => id)
    .join(" ");

export function openConversation(id) {
  if (document.querySelector("#fn-request textarea")) request({ do: "open", conversation_id: id });
  else location.assign(`?conversation=${encodeURIComponent(id)}`);
  uncover();
}

/** Starts a new conversation; the library keeps the current one. */
export function newConversation() {
  document.querySelector("#fn-new")?.click();
  uncover();
  document.querySelector("#fn-question textarea")?.focus();
}
