/*
 * Follows the changes of Gradio's conversation. While an answer streams, Gradio replaces its elements: this
 * module keeps the newest question in view, restores the focus, and adds the page's own parts to the answer
 * again.
 */

import { findAgain, remembered } from "../controls/dom.js";
import { startSaying } from "../controls/notices.js";
import { t } from "../i18n.js";
import { offerLanguages } from "../library/languages.js";
import { offerModel } from "../model/model.js";
import { keepEditing, pressGiven, startActions } from "./actions.js";
import { describeMarks, keepCard, startCard } from "./marks.js";
import { keepDraft, settleEchoes } from "./question.js";
import { followAddress } from "./request.js";
import { offerSuggestions } from "./suggestions.js";

const WHOLE = "[id^='fn-answer-'], .fn-stopped, .fn-failure";
const state = { questions: 0, following: false, focused: null };

/** Removes the label of each message: the label is HTML, which screen readers would read out. */
function unlabelMessages() {
  document
    .querySelectorAll("#fn-conversation [data-testid][aria-label]")
    .forEach((message) => message.removeAttribute("aria-label"));
}

/** Keeps the newest question at the top of the view while its answer arrives, until the reader scrolls. */
function followQuestion() {
  const questions = document.querySelectorAll("#fn-conversation .user-row");
  if (questions.length !== state.questions) {
    state.following = questions.length > state.questions;
    state.questions = questions.length;
  }
  if (!state.following) return;
  const newest = questions[questions.length - 1];
  const log = newest.closest('[role="log"]');
  // One pixel more hides the question's top border, which would double the conversation's.
  log.scrollTop += newest.getBoundingClientRect().top - log.getBoundingClientRect().top + 1;
  // Stop at the whole answer, so that later additions to it do not scroll the page.
  state.following = !newest.nextElementSibling?.querySelector(WHOLE);
}

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
  settleEchoes();
  followQuestion();
  keepFocus();
}

export function watchConversation() {
  document.addEventListener("focusin", onFocus);
  for (const scrolling of ["wheel", "touchmove"]) {
    document.addEventListener(scrolling, () => (state.following = false), { passive: true });
  }
  const changes = { childList: true, subtree: true, attributeFilter: ["aria-label"] };
  new MutationObserver(onMutation).observe(document.querySelector("gradio-app"), changes);
}

const keepUp = [
  describeMarks,
  pressGiven,
  followAddress,
  offerLanguages,
  offerSuggestions,
  offerModel,
  keepCard,
  keepEditing,
  keepDraft,
];

/** Starts the page's additions to answers, and updates them in the next frame after a change by Gradio. */
export function startAnswers() {
  startCard();
  startActions();
  startSaying();
  let drawn = 0; // the id of the requested animation frame
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

// Gradio replaces the elements of a streaming answer, so the clock writes the seconds again at each tick.

const FROM = 3; // seconds before the clock shows
const DOING = "#fn-conversation .bot-row:not(.fn-echo) :is(.fn-waiting, .fn-writing)";
const clock = { question: 0, since: 0 };

function tick() {
  const doing = document.querySelector(DOING);
  const question = document.querySelectorAll("#fn-conversation .user-row:not(.fn-echo)").length;
  if (!doing || question !== clock.question)
    Object.assign(clock, { question: doing ? question : 0, since: performance.now() });
  if (!doing) return;
  const seconds = Math.floor((performance.now() - clock.since) / 1000);
  if (seconds >= FROM) doing.dataset.seconds = t("made.seconds", { number: seconds });
}

export const startClock = () => setInterval(tick, 1000);
