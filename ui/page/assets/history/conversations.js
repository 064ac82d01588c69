/** The conversations as the server last listed them, without those that are being deleted. */

import { getConversations } from "../server.js";

const AT_ONCE = 200;
const MOST = 5000; // that the server lists

const state = { all: [], query: "", limit: AT_ONCE, more: false, gone: new Set(), asked: null, listener() {} };

/** Runs `listener` with {conversations, more, query} whenever they were read; `more` where there are older ones. */
export const onConversations = (listener) => (state.listener = listener);

export const conversationOf = (id) => state.all.find(({ conversation_id }) => conversation_id === id);

/** Reads those in which the words of `query` stand; whoever asked before is no longer answered. */
export async function readConversations(query = state.query) {
  if (query !== state.query) state.limit = AT_ONCE;
  state.query = query;
  state.asked?.abort();
  const asked = (state.asked = new AbortController());
  try {
    const found = await getConversations(query, state.limit, asked.signal);
    state.more = found.length === state.limit && state.limit < MOST;
    state.all = found;
    tell();
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

/** Reads older ones, too. */
export async function readMore() {
  const before = state.limit;
  state.limit = Math.min(before + AT_ONCE, MOST);
  try {
    await readConversations();
  } catch (error) {
    state.limit = before;
    throw error;
  }
}

/** Takes a conversation out of sight, or shows it again. */
export function hideConversation(id, hidden) {
  if (hidden) state.gone.add(id);
  else state.gone.delete(id);
  tell();
}

/** Forgets a conversation that the server has deleted. */
export function forgetConversation(id) {
  state.all = state.all.filter(({ conversation_id }) => conversation_id !== id);
  hideConversation(id, false);
}

function tell() {
  const conversations = state.all.filter(({ conversation_id }) => !state.gone.has(conversation_id));
  state.listener({ conversations, more: state.more, query: state.query });
}
