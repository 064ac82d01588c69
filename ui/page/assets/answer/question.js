/*
 * The question that is not answered yet. The browser keeps its text, a draft for each conversation and user. When
 * it is sent, an echo stands in the conversation at once; it goes when the question itself arrives: for a question
 * that must wait, when its turn comes.
 */

import { make } from "../controls/dom.js";
import { drawn, write } from "../gradio.js";
import { t } from "../i18n.js";
import { getIdentity, isAlive } from "../server.js";
import { recall, remember } from "../storage.js";
import { currentConversation, onRequest, shownAnswers } from "./request.js";

const nameOf = (id) => `draft.${draft.user}${id ?? "new"}`;

// `id` is the conversation of the draft: null for a new one, undefined until the page knows it.
// `left` describes the conversation that the page leaves; null once another one is shown.
const draft = { area: null, user: "", id: undefined, left: null };

export async function startDrafts() {
  const query = new URLSearchParams(location.search);
  const area = await drawn("#fn-question textarea");
  // Gradio listens to the input from the next frame on. Until then, its changes must not empty the draft.
  await new Promise(requestAnimationFrame);
  // Another user of this browser has other drafts.
  const identity = await getIdentity().catch(() => null);
  if (identity?.kind === "user") draft.user = `${identity.name}/`;
  draft.area = area;
  draft.id = query.get("conversation") ?? (query.has("answer") ? undefined : null);
  // The user may have typed already.
  if (draft.area.value) keep();
  else show();
  draft.area.addEventListener("input", keep);
  onRequest((command) => {
    if (command.do === "open") goTo(command.conversation_id);
  });
  document.addEventListener("click", ({ target }) => target.closest?.("#fn-new") && goTo(null), {
    capture: true,
  });
}

const show = () => write("#fn-question", draft.id === undefined ? "" : recall(nameOf(draft.id), ""));

/** Stores the text; an empty text, as after sending, deletes the draft. */
function keep() {
  if (draft.id !== undefined) remember(nameOf(draft.id), draft.area.value.trim() ? draft.area.value : null);
}

function goTo(id) {
  keep();
  draft.left = currentConversation() === id ? null : shownAnswers();
  draft.id = id;
  show();
}

/** Follows the conversation, and the input, which the server empties; runs after each change by Gradio. */
export function keepDraft() {
  if (!draft.area || draft.left === shownAnswers()) return;
  draft.left = null;
  const id = currentConversation();
  if (id && draft.id === undefined) {
    draft.id = id;
    show();
  } else if (id && id !== draft.id) {
    // A new conversation gets its id with its first answer.
    remember(nameOf(draft.id), null);
    draft.id = id;
  }
  keep();
}

// Echo

const SILENT = 5000; // milliseconds before the page checks whether the server still answers

const state = { echoes: [], timer: 0 };

// Screen readers announce the question when it arrives.
const place = make("div.message-wrap.fn-echoes", { "aria-hidden": "true" });
const rows = () => [...document.querySelectorAll("#fn-conversation .user-row:not(.fn-echo)")];
const plain = (words) => words.replace(/\s+/g, " ").trim();
const lastQuestion = () => plain(rows().at(-1)?.textContent ?? "");

/** Returns whether the last question has no whole answer yet; at first it stands alone. */
function isAnswering() {
  const answers = [...document.querySelectorAll("#fn-conversation .bot-row:not(.fn-echo)")];
  const arriving = ":scope :is(.fn-waiting, .fn-answer.fn-arriving)";
  return answers.length < rows().length || answers.some((answer) => answer.querySelector(arriving));
}

/** Shows the echo of a question that the user asks; the server drops a repetition of an unanswered one. */
function echo(words) {
  const question = plain(words);
  const log = document.querySelector('#fn-conversation [role="log"]');
  drop(({ isSilent }) => isSilent);
  const asked = [isAnswering() ? lastQuestion() : null, ...state.echoes.map((other) => other.question)];
  if (!question || !log || asked.includes(question)) return;
  const doing = make("div.fn-waiting");
  const element = make(
    "div",
    make("div.message-row.user-row.fn-echo", make("div.fn-question", { dir: "auto" }, words.trim())),
    make("div.message-row.bot-row.fn-echo", doing),
  );
  // The number of questions before this one, with those that have not arrived yet.
  const before = rows().length + state.echoes.length;
  state.echoes.push({ question, element, doing, before, shown: rows().length, isSilent: false });
  place.append(element);
  log.append(place);
  describe();
  clearTimeout(state.timer);
  state.timer = setTimeout(check, SILENT);
}

function describe() {
  const answering = isAnswering();
  state.echoes.forEach(({ doing, isSilent }, at) => {
    const words = isSilent ? t("server.silent") : t(answering || at ? "waiting.next" : "waiting.sending");
    if (doing.textContent !== words) doing.textContent = words;
    doing.className = isSilent ? "fn-failure" : "fn-waiting";
  });
}

function drop(which) {
  state.echoes.filter(which).forEach(({ element }) => element.remove());
  state.echoes = state.echoes.filter((one) => !which(one));
  if (!state.echoes.length) place.remove();
}

/** Removes the echoes of the questions that have arrived; runs after each change of the conversation. */
export function settleEchoes() {
  if (!state.echoes.length) return;
  const count = rows().length;
  const last = lastQuestion();
  // After a restart, the server may show fewer questions than the page did.
  drop(({ question, before, shown }) => count > before || (count !== shown && last === question));
  describe();
}

async function check() {
  if (!state.echoes.length) return;
  const alive = await isAlive();
  for (const one of state.echoes) one.isSilent = !alive;
  describe();
  clearTimeout(state.timer);
  if (state.echoes.length) state.timer = setTimeout(check, SILENT);
}

export function startEchoes() {
  document.addEventListener(
    "keydown",
    ({ key, shiftKey, isComposing, target }) => {
      if (key === "Enter" && !shiftKey && !isComposing && target.closest?.("#fn-question"))
        echo(target.value);
    },
    { capture: true },
  );
  document.addEventListener(
    "click",
    ({ target }) => {
      if (target.closest?.("#fn-question .submit-button"))
        echo(document.querySelector("#fn-question textarea").value);
      // Stopping puts the questions that wait back into the input.
      else if (target.closest?.("#fn-question .stop-button, #fn-new")) drop(() => true);
    },
    { capture: true },
  );
  onRequest((command) => (command.do === "ask" ? echo(command.question) : drop(() => true)));
}
