/*
 * What the conversation, which is kept on the server, is asked for, and that its answer reaches the page.
 *
 * Gradio's client reads what the server sends from one stream, which it closes once nothing is expected. What is
 * asked in that very moment is answered into a stream that nobody reads (the client finds the stream still open, and
 * closes it afterwards; Gradio 6.31, client/js: submit and open_stream): the page would wait for ever. Any other
 * event opens the stream again, and with it comes all that was sent meanwhile.
 */

import { write } from "../gradio.js";

const OUTCOMES = "#fn-conversation :is([id^='fn-answer-'], .fn-stopped, .fn-failure)";
const FIRST = 2000; // milliseconds until an answer is looked after; each time twice as long
const LAST = 32_000;

const state = { number: 0, timer: 0, listeners: [] };

/** `command` is {do: "ask"|"again"|"edit"|"open", question?, answer_id?, conversation_id?}: see ui/commands.py. */
export function request(command) {
  state.listeners.forEach((listener) => listener(command));
  send(command);
  expectOutcome();
}

/** Runs `listener` before each command that is sent. */
export const onRequest = (listener) => state.listeners.push(listener);

const send = (command) => write("#fn-request", JSON.stringify({ n: ++state.number, ...command }));

/** Looks after what is asked, here or in Gradio's own components, until the conversation shows what came of it. */
function expectOutcome() {
  const before = outcomes();
  const wait = (time) => {
    state.timer = setTimeout(() => {
      if (outcomes() !== before) return;
      send({ do: "listen" });
      if (time < LAST) wait(time * 2);
    }, time);
  };
  clearTimeout(state.timer);
  wait(FIRST);
}

const outcomes = () =>
  [...document.querySelectorAll(OUTCOMES)].map(({ id, className }) => id || className).join(" ");

/** Looks after what is asked in Gradio's own components, from now on. */
export function watchQuestions() {
  document.addEventListener("keydown", ({ key, shiftKey, isComposing, target }) => {
    if (key !== "Enter" || shiftKey || isComposing) return;
    if (target.closest?.("#fn-question") && target.value?.trim()) expectOutcome();
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.(":is(#fn-question, #fn-examples) button")) expectOutcome();
  });
}
