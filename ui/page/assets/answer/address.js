/*
 * Keeps the conversation's id in the page's address, so that a reload or a link shows the conversation again;
 * and in a field of the page, so that the conversation can continue after the server restarts.
 *
 * The link to an answer stays in the address until the user asks something else.
 */

import { make } from "../controls/dom.js";
import { uncover } from "../desk/panes.js";
import { write } from "../gradio.js";
import { answersShown, conversationOf, idOf } from "./answers.js";
import { request } from "./request.js";

const state = { last: null, begun: false };

const named = () => new URLSearchParams(location.search);

/** Puts the conversation of the newest answer into the address; removes it when the conversation is empty. */
export function followAddress() {
  const begun = document.querySelector("#fn-conversation .message-row") !== null;
  const newest = answersShown().at(-1) ?? null;
  const last = newest && idOf(newest);
  if (begun === state.begun && last === state.last) return;
  Object.assign(state, { last, begun });
  write("#fn-shown", (newest && conversationOf(newest)) ?? "");
  // Before its first whole answer, a conversation leaves the address as it is.
  if (!begun) name("conversation", null);
  else if (newest && named().get("answer") !== last) name("conversation", conversationOf(newest));
}

export const nameAnswer = (id) => name("answer", id);

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
