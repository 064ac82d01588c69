/*
 * The conversation in the page's address, so that a reload or a link shows it again.
 *
 * The link to an answer stays there until something else is asked.
 */

import { answersShown, conversationOf, idOf } from "./shown.js";

const state = { last: null, begun: false };

const named = () => new URLSearchParams(location.search);

/** Puts the conversation of the newest answer into the address; takes it out where there is none any more. */
export function followAddress() {
  const begun = document.querySelector("#fn-conversation .message-row") !== null;
  const newest = answersShown().at(-1) ?? null;
  const last = newest && idOf(newest);
  if (begun === state.begun && last === state.last) return;
  Object.assign(state, { last, begun });
  // What has no whole answer yet has its place already, or gets it then.
  if (!begun) name(null);
  else if (newest && named().get("answer") !== last) name(conversationOf(newest));
}

function name(conversation) {
  const query = named();
  query.delete("answer");
  if (conversation) query.set("conversation", conversation);
  else query.delete("conversation");
  const words = query.size ? `?${query}` : "";
  history.replaceState(history.state, "", `${location.pathname}${words}${location.hash}`);
}
