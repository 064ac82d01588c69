/*
 * If an answer takes long, shows its seconds after the words that say what the server does.
 *
 * Gradio replaces the elements of a streaming answer, so the clock writes the seconds again at each tick.
 */

import { t } from "../i18n.js";

const FROM = 3; // seconds before the clock shows
const DOING = "#fn-conversation .bot-row:not(.fn-echo) :is(.fn-waiting, .fn-writing)";

const state = { question: 0, since: 0 };

function tick() {
  const doing = document.querySelector(DOING);
  const question = document.querySelectorAll("#fn-conversation .user-row:not(.fn-echo)").length;
  if (!doing || question !== state.question)
    Object.assign(state, { question: doing ? question : 0, since: performance.now() });
  if (!doing) return;
  const seconds = Math.floor((performance.now() - state.since) / 1000);
  if (seconds >= FROM) doing.dataset.seconds = t("made.seconds", { number: seconds });
}

export const startClock = () => setInterval(tick, 1000);
