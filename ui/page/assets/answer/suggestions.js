/** Shows suggested questions below the newest answer; the server offers only questions that it can answer. */

import { button, make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { getSuggestions } from "../server.js";
import { answersShown, focusConversation, idOf, questionOf } from "./answers.js";
import { request } from "./request.js";

const BELOW = 24; // pixels that stay free below the suggestions

const known = new Map(); // the suggestions by the id of the answer; null while the page fetches them

/** Shows the suggestions of the newest answer, and removes all others. */
export function offerSuggestions() {
  const newest = answersShown().at(-1);
  // Show none if an answer in progress or a notice follows the newest answer.
  const last = [...document.querySelectorAll("#fn-conversation .bot-row")].at(-1);
  const answer = newest && last?.contains(newest) ? newest : null;
  for (const old of document.querySelectorAll("#fn-conversation .fn-suggestions"))
    if (!answer?.contains(old)) old.remove();
  if (!answer) return;
  const id = idOf(answer);
  if (!known.has(id)) read(id);
  if (known.get(id)?.length && !answer.querySelector(".fn-suggestions")) show(answer, offer(known.get(id)));
}

/** Adds the suggestions; if the answer's end is in view, scrolls to them, but keeps the question in view. */
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
  // Ignore an error, since the suggestions are optional.
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
