/** Offers starter questions while the conversation is empty; the server can answer each of them. */

import { make } from "../controls/dom.js";
import { drawn } from "../gradio.js";
import { t } from "../i18n.js";
import { onReports } from "../library/reports.js";
import { getStarters } from "../server.js";
import { focusConversation } from "./answers.js";
import { request } from "./request.js";

const FIRST = 1000; // milliseconds before the page asks again for starters that the server still makes
const LAST = 30_000; // the longest such wait; each is twice as long as the one before

const state = { shown: 0, timer: 0 };

const place = make("div", {
  id: "fn-starters",
  role: "group",
  "aria-label": t("starters.label"),
  hidden: "",
});

/** Shows the starters below the question's input, and makes them anew when the reports change. */
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
  if (complete || starters.length > state.shown) show(starters);
  clearTimeout(state.timer);
  if (!complete) state.timer = setTimeout(look, wait, Math.min(wait * 2, LAST));
}

function show(starters) {
  state.shown = starters.length;
  place.hidden = !starters.length;
  place.replaceChildren(make("p", { "aria-hidden": "true" }, t("starters.label")), ...starters.map(offer));
}

const offer = ({ question, title }) =>
  make(
    "button",
    { type: "button", class: "fn-starter", onclick: () => ask(question) },
    make("span", { class: "fn-starter-question", dir: "auto" }, question),
    make("span", { class: "fn-starter-title", dir: "auto" }, title),
  );

function ask(question) {
  request({ do: "ask", question });
  focusConversation();
}
