/*
 * Deleting a conversation. It goes from the list at once, and from the server when its notice is over: what was
 * asked and answered cannot be brought back there, so that nothing is lost to a slip in the meantime. A page that
 * is left deletes at once what it has promised to.
 */

import { t } from "../i18n.js";
import { removeConversation, words } from "../server.js";
import { notify } from "../toasts.js";
import { forgetConversation, hideConversation } from "./conversations.js";

const promised = new Set(); // ids

/** Deletes a conversation, and says so; `restored` runs where that was taken back. */
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
    if (error.status === 404) return forgetConversation(id); // It is gone, as it should be.
    hideConversation(id, false);
    notify(t("removal.failed", { title: name, why: words(error) }), { alert: true });
  }
  return undefined;
}

// Not every browser tells that a page ends, but all that it is left.
addEventListener("pagehide", () => {
  for (const id of promised) removeConversation(id).catch(() => null);
  promised.clear();
});
