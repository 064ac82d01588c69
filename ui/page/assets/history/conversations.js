/** Holds the server's latest list of kept conversations, and deletes conversations. */

import { MAX_CONVERSATIONS } from "../constants.js";
import { notify } from "../controls/notices.js";
import { t } from "../i18n.js";
import { getConversations, removeConversation, words } from "../server.js";

const AT_ONCE = 200;

const state = {
  all: [],
  query: "",
  limit: AT_ONCE,
  more: false,
  gone: new Set(),
  asked: null,
  listener() {},
};

/** Runs `listener` with {conversations, more, query} after each change; `more`: whether older ones exist. */
export const onConversations = (listener) => (state.listener = listener);

export const conversationOf = (id) => state.all.find(({ conversation_id }) => conversation_id === id);

/** Reads the conversations that contain every word of `query`, and aborts an earlier request. */
export async function readConversations(query = state.query) {
  if (query !== state.query) state.limit = AT_ONCE;
  state.query = query;
  state.asked?.abort();
  const asked = new AbortController();
  state.asked = asked;
  try {
    const found = await getConversations(query, state.limit, asked.signal);
    state.more = found.length === state.limit && state.limit < MAX_CONVERSATIONS;
    state.all = found;
    tell();
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

export async function readMore() {
  const before = state.limit;
  state.limit = Math.min(before + AT_ONCE, MAX_CONVERSATIONS);
  try {
    await readConversations();
  } catch (error) {
    state.limit = before;
    throw error;
  }
}

/** Hides a conversation in the list, or shows it again. */
export function hideConversation(id, hidden) {
  if (hidden) state.gone.add(id);
  else state.gone.delete(id);
  tell();
}

/** Removes a conversation from the list after the server has deleted it. */
export function forgetConversation(id) {
  state.all = state.all.filter(({ conversation_id }) => conversation_id !== id);
  hideConversation(id, false);
}

function tell() {
  const conversations = state.all.filter(({ conversation_id }) => !state.gone.has(conversation_id));
  state.listener({ conversations, more: state.more, query: state.query });
}

// Deletion

const promised = new Set(); // ids of conversations to delete when their notice closes

/** Hides a conversation, and deletes it when its notice closes; `restored` runs if the user undoes it. */
export function removeWithUndo({ conversation_id: id, name }, restored) {
  promised.add(id);
  hideConversation(id, true);
  const undo = () => {
    promised.delete(id);
    hideConversation(id, false);
    restored();
  };
  notify(t("history.deleted", { name }), {
    action: { words: t("removal.undo"), run: undo },
    over: () => remove(id, name),
  });
}

async function remove(id, name) {
  if (!promised.delete(id)) return;
  try {
    await removeConversation(id);
    forgetConversation(id);
  } catch (error) {
    if (error.status === 404) return forgetConversation(id); // It is deleted already.
    hideConversation(id, false);
    notify(t("removal.failed", { title: name, why: words(error) }), { alert: true });
  }
  return undefined;
}

// Not every browser fires `unload` when the user leaves the page, but all fire `pagehide`.
addEventListener("pagehide", () => {
  for (const id of promised) removeConversation(id).catch(() => null);
  promised.clear();
});
