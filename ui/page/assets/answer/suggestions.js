/** Questions to ask next, below the newest answer: each was asked by the server, and is answered. */

import { button, make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { getSuggestions } from "../server.js";
import { answersShown, focusConversation, idOf, questionOf } from "./answers.js";
import { request } from "./request.js";

const BELOW = 24; // pixels that stay free below them

const known = new Map(); // the questions of an answer, by its id; null while they are being read

/** Shows what can be asked after the newest answer, and nowhere else. */
export function offerSuggestions() {
  const newest = answersShown().at(-1);
  // Below it there may be one that arrives, or a word on the conversation.
  const last = [...document.querySelectorAll("#fn-conversation .bot-row")].at(-1);
  const answer = newest && last?.contains(newest) ? newest : null;
  for (const old of document.querySelectorAll("#fn-conversation .fn-suggestions"))
    if (!answer?.contains(old)) old.remove();
  if (!answer) return;
  const id = idOf(answer);
  if (!known.has(id)) read(id);
  if (known.get(id)?.length && !answer.querySelector(".fn-suggestions")) show(answer, offer(known.get(id)));
}

/** Puts them below the answer; where its end is in view, they come into view while its question stays. */
function show(answer, offered) {
  const log = answer.closest('[role="log"]');
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 2;
  answer.append(offered);
  const question = questionOf(answer);
  if (!atEnd || !question) return;
  const view = log.getBoundingClientRect();
  const room = question.getBoundingClientRect().top - view.top;
  const below = offered.getBoundingClientRect().bottom + BELOW - view.bottom;
  if (room > 0 && below > 0) log.scrollTop += Math.min(room, below);
}

async function read(id) {
  known.set(id, null);
  // That there are none is no reason to disturb anybody.
  known.set(id, await getSuggestions(id).catch(() => []));
  offerSuggestions();
}

function ask(question) {
  request({ do: "ask", question });
  focusConversation();
}

const offer = (questions) =>
  make(
    "div",
    { class: "fn-suggestions", role: "group", "aria-label": t("suggestions.label") },
    make("p", { "aria-hidden": "true" }, t("suggestions.label")),
    ...questions.map((question) =>
      button(question, () => ask(question), { class: "fn-suggestion", dir: "auto" }),
    ),
  );
