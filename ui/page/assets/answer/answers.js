/*
 * The answers of the conversation: cards beside their marks, what can be done with them, what to ask next,
 * and their conversation in the page's address.
 *
 * Gradio replaces the nodes of a message while it streams, so that whatever is added to one is added again.
 */

import { startActions } from "./actions.js";
import { followAddress } from "./address.js";
import { keepCard, startCard } from "./card.js";
import { describeMarks, pressGiven } from "./describing.js";
import { keepEditing } from "./editing.js";
import { startSaying } from "./saying.js";
import { offerSuggestions } from "./suggestions.js";

const keepUp = [describeMarks, pressGiven, followAddress, offerSuggestions, keepCard, keepEditing];

/** Does what answers need from now on. */
export function startAnswers() {
  startCard();
  startActions();
  startSaying();
  let drawn = 0;
  const later = () => {
    drawn ||= requestAnimationFrame(() => {
      drawn = 0;
      keepUp.forEach((step) => step());
    });
  };
  const changes = { childList: true, subtree: true };
  new MutationObserver(later).observe(document.querySelector("gradio-app"), changes);
}
