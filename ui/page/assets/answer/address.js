/*
 * The conversation in the page's address, so that a reload or a link shows it again; and in a field of the page,
 * so that a server that has forgotten it can go on with it.
 *
 * The link to an answer stays there until something else is asked.
 */

import { make } from "../controls/dom.js";
import { uncover } from "../desk/panes.js";
import { write } from "../gradio.js";
import { answersShown, conversationOf, idOf } from "./answers.js";
import { request } from "./request.js";

const state = { last: null, begun: false };

const named = () => new URLSearchParams(location.search);

/** Puts the conversation of the newest answer into the address; takes it out where there is none any more. */
export function followAddress() {
  const begun = document.querySelector("#fn-conversation .message-row") !== null;
  const newest = answersShown().at(-1) ?? null;
  const last = newest && idOf(newest);
  if (begun === state.begun && last === state.last) return;
  Object.assign(state, { last, begun });
  write("#fn-shown", (newest && conversationOf(newest)) ?? "");
  // What has no whole answer yet has its place already, or gets it then.
  if (!begun) name("conversation", null);
  else if (newest && named().get("answer") !== last) name("conversation", conversationOf(newest));
}

/** Puts the link to an answer into the address, as following it does. */
export const nameAnswer = (id) => name("answer", id);

function name(field, id) {
  const query = named();
  query.delete("answer");
  query.delete("conversation");
  if (id) query.set(field, id);
  const words = query.size ? `?${query}` : "";
  history.replaceState(history.state, "", `${location.pathname}${words}${location.hash}`);
}

/** A link that shows an answer with what came before it; the page stays, unless another window is asked for. */
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
