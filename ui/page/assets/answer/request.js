/*
 * Sends commands to the conversation on the server, and makes sure that the page receives the outcome.
 *
 * Gradio's client reads the server's messages from one stream, and closes the stream when it expects no more
 * messages. The answer to a command that is sent at that very moment gets lost: the client finds the stream
 * still open, and closes it afterwards (Gradio 6.31, client/js: submit and open_stream). The page would then
 * wait for ever. Any other event opens the stream again, and the server then sends the messages that the page
 * has missed.
 */

import { make } from "../controls/dom.js";
import { uncover } from "../desk/panes.js";
import { write } from "../gradio.js";
import { answersShown, conversationOf, idOf } from "./answers.js";

const OUTCOMES = "#fn-conversation :is([id^='fn-answer-'], .fn-stopped, .fn-failure)";
const PENDING = "#fn-conversation :is(.fn-echo, .fn-waiting, .fn-arriving)";
const FIRST = 2000; // milliseconds before the first check for an outcome; each later wait is twice as long
const LAST = 32_000;
const DOUBLE = 1000; // milliseconds in which the same question again is a double press of Enter

const state = { number: 0, timer: 0, listeners: [], sent: { question: "", time: 0 } };

/** Sends {do: "ask"|"again"|"edit"|"open", question?, answer_id?, conversation_id?} (ui/page/conversation.py). */
export function request(command) {
  state.listeners.forEach((listener) => listener(command));
  send(command);
  expectOutcome();
}

export const onRequest = (listener) => state.listeners.push(listener);
const send = (command) => write("#fn-request", JSON.stringify({ n: ++state.number, ...command }));

/** Opens the stream again after each wait, until every question has its outcome or the longest wait is over. */
function expectOutcome() {
  const before = outcomes();
  const wait = (time) => {
    state.timer = setTimeout(() => {
      if (outcomes() !== before && !document.querySelector(PENDING)) return;
      send({ do: "listen" });
      if (time < LAST) wait(time * 2);
    }, time);
  };
  clearTimeout(state.timer);
  wait(FIRST);
}

const outcomes = () =>
  [...document.querySelectorAll(OUTCOMES)].map(({ id, className }) => id || className).join(" ");

/** Also waits for the outcome of each question that the user asks through Gradio's own components. */
export function watchQuestions() {
  document.addEventListener("keydown", watchEnter, { capture: true });
  document.addEventListener("click", watchButton, { capture: true });
}

function watchEnter(event) {
  const { key, shiftKey, isComposing, target } = event;
  if (key !== "Enter" || shiftKey || isComposing) return;
  if (target.closest?.("#fn-question") && target.value?.trim()) watchQuestion(target.value, event);
}

function watchButton(event) {
  const pressed = event.target.closest?.("#fn-question button");
  if (pressed?.matches(".submit-button"))
    watchQuestion(document.querySelector("#fn-question textarea").value, event);
  else if (pressed?.matches(".stop-button")) expectOutcome();
}

/** Stops the second event of a double press: the server may have answered the first before it arrives. */
function watchQuestion(question, event) {
  const isAgain = question === state.sent.question && event.timeStamp - state.sent.time < DOUBLE;
  state.sent = { question, time: event.timeStamp };
  if (!isAgain) return expectOutcome();
  event.preventDefault();
  event.stopImmediatePropagation();
}

// The conversation's id is in the page's address, so that a reload or a link shows it again, and in a field of the
// page, so that it continues after the server restarts. The link to an answer stays until the user asks again.

const followed = { last: null, begun: false };
const named = () => new URLSearchParams(location.search);

/** Puts the conversation of the newest answer into the address; removes it when the conversation is empty. */
export function followAddress() {
  const begun = document.querySelector("#fn-conversation .message-row") !== null;
  const newest = answersShown().at(-1) ?? null;
  const last = newest && idOf(newest);
  if (begun === followed.begun && last === followed.last) return;
  Object.assign(followed, { last, begun });
  write("#fn-shown", (newest && conversationOf(newest)) ?? "");
  // Before its first whole answer, a conversation leaves the address as it is.
  if (!begun) name("conversation", null);
  else if (newest && named().get("answer") !== last) name("conversation", conversationOf(newest));
}

const nameAnswer = (id) => name("answer", id);

function name(field, id) {
  const query = named();
  query.delete("answer");
  query.delete("conversation");
  if (id) query.set(field, id);
  const words = query.size ? `?${query}` : "";
  history.replaceState(history.state, "", `${location.pathname}${words}${location.hash}`);
}

/** Creates a link to an answer and those before it; a plain click shows them without leaving the page. */
export const answerLink = (id, words) =>
  make(
    "a",
    { href: `?answer=${encodeURIComponent(id)}`, dir: "auto", onclick: (event) => follow(event, id) },
    words,
  );

function follow(event, id) {
  const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (elsewhere || !document.querySelector("#fn-request textarea")) return;
  event.preventDefault();
  nameAnswer(id);
  request({ do: "open", answer_id: id });
  uncover();
}

// The shown conversation

export function currentConversation() {
  const shown = answersShown().at(-1);
  return shown ? conversationOf(shown) : null;
}

export const shownAnswers = () =>
  answersShown()
    .map(({ id }) => id)
    .join(" ");

export function openConversation(id) {
  if (document.querySelector("#fn-request textarea")) request({ do: "open", conversation_id: id });
  else location.assign(`?conversation=${encodeURIComponent(id)}`);
  uncover();
}

export function newConversation() {
  document.querySelector("#fn-new")?.click();
  uncover();
  document.querySelector("#fn-question textarea")?.focus();
}
