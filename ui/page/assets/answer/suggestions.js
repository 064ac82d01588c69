/** Offers questions that the server can answer: below the newest answer, and while the conversation is empty. */

import { button, make } from "../controls/dom.js";
import { drawn } from "../gradio.js";
import { t } from "../i18n.js";
import { onReports } from "../library/reports.js";
import { getStarters, getSuggestions } from "../server.js";
import { answersShown, focusConversation, idOf, questionOf } from "./answers.js";
import { request } from "./request.js";

const BELOW = 24; // pixels that stay free below the suggestions

const known = new Map(); // the suggestions by the id of the answer; null while the page fetches them

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
    "div.fn-suggestions",
    { role: "group", "aria-label": t("suggestions.label") },
    make("p", { "aria-hidden": "true" }, t("suggestions.label")),
    ...questions.map((question) =>
      button(question, () => ask(question), { class: "fn-suggestion", dir: "auto" }),
    ),
  );

// Starters

const FIRST = 1000; // milliseconds before the page asks again for starters that the server still makes
const LAST = 30_000; // the longest such wait; each is twice as long as the one before

const state = { shown: 0, timer: 0 };

const place = make("div", {
  id: "fn-starters",
  role: "group",
  "aria-label": t("starters.label"),
  hidden: "",
});

export async function startStarters() {
  const form = (await drawn("#fn-question")).parentElement;
  form.after(place);
  onReports(() => look(FIRST));
  look(FIRST);
}

async function look(wait) {
  clearTimeout(state.timer);
  // Ignore an error, since the starters are optional.
  const { starters, complete } = await getStarters().catch(() => ({ starters: [], complete: true }));
  // While the server makes new ones, the old ones stay: a shorter list would make the page jump.
  if (complete || starters.length > state.shown) showStarters(starters);
  clearTimeout(state.timer);
  if (!complete) state.timer = setTimeout(look, wait, Math.min(wait * 2, LAST));
}

function showStarters(starters) {
  state.shown = starters.length;
  place.hidden = !starters.length;
  place.replaceChildren(make("p", { "aria-hidden": "true" }, t("starters.label")), ...starters.map(starter));
}

const starter = ({ question, title }) =>
  make(
    "button",
    { type: "button", class: "fn-starter", onclick: () => ask(question) },
    make("span.fn-starter-question", { dir: "auto" }, question),
    make("span.fn-starter-title", { dir: "auto" }, title),
  );
