/*
 * The conversation in the page's address, so that a reload or a link shows it again.
 *
 * The link to an answer stays there until something else is asked.
 */

import { answersShown, conversationOf, idOf } from "./shown.js";

const state = { last: null };

const named = () => new URLSearchParams(location.search);

/** Puts the conversation of the newest answer into the address; takes it out where there is none any more. */
export function followAddress() {
  const newest = answersShown().at(-1) ?? null;
  const last = newest && idOf(newest);
  if (last === state.last) return;
  const first = state.last === null;
  state.last = last;
  if (first && named().get("answer")) return;
  // While an answer arrives, those before it are still there; without any, the conversation was begun anew.
  name(newest && conversationOf(newest));
}

function name(conversation) {
  const query = named();
  query.delete("answer");
  if (conversation) query.set("conversation", conversation);
  else query.delete("conversation");
  const words = query.size ? `?${query}` : "";
  history.replaceState(history.state, "", `${location.pathname}${words}${location.hash}`);
}
