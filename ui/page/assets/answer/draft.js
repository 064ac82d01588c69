/**
 * Keeps the text of a question that is not sent yet in the browser: one draft for each conversation and user.
 */

import { drawn, write } from "../gradio.js";
import { currentConversation, shownAnswers } from "../history/current.js";
import { getIdentity } from "../server.js";
import { recall, remember } from "../storage.js";
import { onRequest } from "./request.js";

const nameOf = (id) => `draft.${state.user}${id ?? "new"}`;

// `id` is the conversation of the draft: null for a new one, undefined until the page knows it.
// `left` describes the conversation that the page leaves; null once another one is shown.
const state = { area: null, user: "", id: undefined, left: null };

export async function startDrafts() {
  const query = new URLSearchParams(location.search);
  const area = await drawn("#fn-question textarea");
  // Gradio listens to the input from the next frame on. Until then, its changes must not empty the draft.
  await new Promise(requestAnimationFrame);
  // Another user of this browser has other drafts.
  const identity = await getIdentity().catch(() => null);
  if (identity?.kind === "user") state.user = `${identity.name}/`;
  state.area = area;
  state.id = query.get("conversation") ?? (query.has("answer") ? undefined : null);
  // The user may have typed already.
  if (state.area.value) keep();
  else show();
  state.area.addEventListener("input", keep);
  onRequest((command) => {
    if (command.do === "open") goTo(command.conversation_id);
  });
  document.addEventListener("click", ({ target }) => target.closest?.("#fn-new") && goTo(null), {
    capture: true,
  });
}

const show = () => write("#fn-question", state.id === undefined ? "" : recall(nameOf(state.id), ""));

/** Stores the text; an empty text, as after sending, deletes the draft. */
function keep() {
  if (state.id !== undefined) remember(nameOf(state.id), state.area.value.trim() ? state.area.value : null);
}

function goTo(id) {
  keep();
  state.left = currentConversation() === id ? null : shownAnswers();
  state.id = id;
  show();
}

/** Follows the conversation, and the input, which the server empties; runs after each change by Gradio. */
export function keepDraft() {
  if (!state.area || state.left === shownAnswers()) return;
  state.left = null;
  const id = currentConversation();
  if (id && state.id === undefined) {
    state.id = id;
    show();
  } else if (id && id !== state.id) {
    // A new conversation gets its id with its first answer.
    remember(nameOf(state.id), null);
    state.id = id;
  }
  keep();
}
