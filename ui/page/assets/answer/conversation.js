/*
 * Keeps up with Gradio's conversation, which replaces the nodes of a message while it streams: the newest question
 * stays in view, focus survives, and whatever the page adds to an answer is added again.
 */

import { findAgain, remembered } from "../controls/dom.js";
import { startSaying } from "../controls/notices.js";
import { startActions } from "./actions.js";
import { followAddress } from "./address.js";
import { keepCard, startCard } from "./card.js";
import { pressGiven } from "./feedback.js";
import { describeMarks } from "./marks.js";
import { keepEditing } from "./question_form.js";
import { offerSuggestions } from "./suggestions.js";

const WHOLE = "[id^='fn-answer-'], .fn-stopped, .fn-failure";

const state = { questions: 0, following: false, focused: null };

/** Gradio labels each message with its markup, which a screen reader would read out. */
function unlabelMessages() {
  document
    .querySelectorAll("#fn-conversation [data-testid][aria-label]")
    .forEach((message) => message.removeAttribute("aria-label"));
}

/** Keeps the newest question at the top of the view while its answer arrives, unless the reader scrolls. */
function followQuestion() {
  const questions = document.querySelectorAll("#fn-conversation .user-row");
  if (questions.length !== state.questions) {
    state.following = questions.length > state.questions;
    state.questions = questions.length;
  }
  if (!state.following) return;
  const newest = questions[questions.length - 1];
  const log = newest.closest('[role="log"]');
  // One pixel more, so that the line above the question does not double the one above the conversation.
  log.scrollTop += newest.getBoundingClientRect().top - log.getBoundingClientRect().top + 1;
  // What is added to a whole answer later moves nobody who reads it.
  state.following = !newest.nextElementSibling?.querySelector(WHOLE);
}

/** Puts the focus back on a link whose message was replaced while it streamed. */
function keepFocus() {
  const lost = state.focused && !state.focused.element.isConnected;
  if (lost && document.activeElement === document.body) findAgain(state.focused)?.focus();
}

function onFocus(event) {
  const link = event.target.closest?.("#fn-conversation a");
  state.focused = link ? remembered(link) : null;
}

function onMutation() {
  unlabelMessages();
  followQuestion();
  keepFocus();
}

/** Watches the conversation from now on. */
export function watchConversation() {
  document.addEventListener("focusin", onFocus);
  for (const scrolling of ["wheel", "touchmove"]) {
    document.addEventListener(scrolling, () => (state.following = false), { passive: true });
  }
  const changes = { childList: true, subtree: true, attributeFilter: ["aria-label"] };
  new MutationObserver(onMutation).observe(document.querySelector("gradio-app"), changes);
}

const keepUp = [describeMarks, pressGiven, followAddress, offerSuggestions, keepCard, keepEditing];

/** Does what answers need from now on. */
export function startAnswers() {
  startCard();
  startActions();
  startSaying();
  let drawn = 0; // the frame in which they are drawn
  const later = () => {
    if (drawn) return;
    drawn = requestAnimationFrame(() => {
      drawn = 0;
      keepUp.forEach((step) => step());
    });
  };
  const changes = { childList: true, subtree: true };
  new MutationObserver(later).observe(document.querySelector("gradio-app"), changes);
}
