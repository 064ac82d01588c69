/** Shows the tab of kept conversations: search, opening, renaming, sharing, export as a file, deletion. */

import { currentConversation, newConversation, openConversation, shownAnswers } from "../answer/request.js";
import { copy } from "../clipboard.js";
import { EXPORT_FORMATS, MAX_CONVERSATIONS, MAX_NAME_CHARACTERS } from "../constants.js";
import { button, findField, make, onEscape } from "../controls/dom.js";
import { LongList, listRow } from "../controls/long_list.js";
import { toggleMenu } from "../controls/menu.js";
import { notify, say } from "../controls/notices.js";
import { exactly, groupOf, groupWords, whenWords } from "../facts.js";
import { t } from "../i18n.js";
import {
  conversationFile,
  getConversations,
  getIdentity,
  nameConversation,
  removeConversation,
  shareConversation,
  words,
} from "../server.js";

const TYPING = 200; // milliseconds without a key before the search starts

const state = { naming: null, shown: "", timer: null, keys: [], signedIn: false };
const scroller = make("div.fn-scroll.fn-list", { tabindex: "-1" });
const empty = make("p.fn-empty", { role: "status", hidden: "" });
const trouble = make("p.fn-warning.fn-empty", { role: "alert", hidden: "" });
const count = make("p.fn-counted", { role: "status" });
const rows = new LongList(scroller, drawRow, t("history.title"));

export function startHistory(panel) {
  const find = (query) => {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => read(query), TYPING);
  };
  const goOn = () => rows.focusRow(state.keys[0]);
  const begin = button(t("history.new"), newConversation, { class: "fn-small-button fn-begin" });
  scroller.prepend(trouble, empty);
  panel.append(
    make("h2.fn-unseen", t("history.title")),
    make("div.fn-library-bar", count, begin),
    make("div.fn-library-bar", findField(t("history.find"), { find, goOn }).element),
    scroller,
  );
  getIdentity().then(
    ({ kind }) => (state.signedIn = kind === "user"),
    () => null,
  );
  scroller.addEventListener("keydown", onRowKey);
  panel.addEventListener("fn-shown", () => read());
  watchAnswers(panel);
}

/** Reads the list again when the shown answers change while the tab is visible. */
function watchAnswers(panel) {
  const look = () => {
    state.looking = null;
    const shown = shownAnswers();
    if (shown === state.shown) return;
    state.shown = shown;
    rows.redraw();
    if (!panel.hidden) read();
  };
  new MutationObserver(() => (state.looking ??= setTimeout(look, 300))).observe(
    document.querySelector("gradio-app"),
    { childList: true, subtree: true },
  );
}

const read = (query) => attempt(() => readConversations(query));

async function attempt(reading) {
  try {
    await reading();
    trouble.hidden = true;
  } catch (error) {
    trouble.hidden = false;
    trouble.textContent = words(error);
  }
}

function draw() {
  const { all, more, query, gone } = kept;
  const conversations = all.filter(({ conversation_id }) => !gone.has(conversation_id));
  const items = [];
  let day = null;
  conversations.forEach((conversation, place) => {
    const group = groupOf(conversation.updated);
    if (group !== day) items.push({ key: group, of: { group }, position: null });
    day = group;
    items.push({ key: conversation.conversation_id, of: conversation, position: place + 1 });
  });
  if (more) items.push({ key: "more", of: { more }, position: null });
  state.keys = conversations.map(({ conversation_id }) => conversation_id);
  rows.show(items, conversations.length);
  empty.hidden = conversations.length > 0;
  empty.textContent = query ? t("history.nothing") : t("history.empty");
  count.textContent = more ? "" : t("history.count", { count: conversations.length });
}

function drawRow(of) {
  if (of.group) return make("li.fn-group.fn-day", make("h3", groupWords(of.group)));
  if (of.more) return moreRow();
  const id = of.conversation_id;
  if (id === state.naming) return namingRow(of);
  return conversationRow(of);
}

function menu(conversation, opener) {
  const { conversation_id: id } = conversation;
  toggleMenu(opener, [
    { words: t("history.rename"), run: () => name(conversation) },
    ...sharing(conversation),
    { heading: t("history.save.as") },
    ...EXPORT_FORMATS.map((suffix) => ({
      words: t(`file.${suffix}`),
      href: conversationFile(id, suffix),
      download: "",
    })),
    { separator: true },
    { words: t("history.delete"), run: () => remove(conversation), danger: true },
  ]);
}

function sharing({ conversation_id: id, shared }) {
  if (!state.signedIn) return [];
  const entries = [{ words: t("history.share"), run: () => attempt(() => share(id)) }];
  if (shared) entries.push({ words: t("history.unshare"), run: () => attempt(() => unshare(id)) });
  return entries;
}

async function share(id) {
  const link = new URL(`?conversation=${id}`, document.baseURI).href;
  const sharing = shareConversation(id, true).then(() => ({ text: link, html: link }));
  try {
    await copy(sharing);
    say(t("history.shared"));
  } catch {
    await sharing;
    say(t("answer.linkNotCopied", { link }), { lasting: true });
  }
  await readConversations();
}

async function unshare(id) {
  await shareConversation(id, false);
  say(t("history.unshared"));
  await readConversations();
}

function name({ conversation_id: id }) {
  leaveNaming({ refocus: false });
  state.naming = id;
  rows.redraw(id);
  rows.keep(id, true);
  const input = rows.reveal(id)?.querySelector("input");
  input?.focus();
  input?.select();
}

function leaveNaming({ refocus = true } = {}) {
  const id = state.naming;
  if (id === null) return;
  state.naming = null;
  rows.keep(id, false);
  rows.redraw(id);
  if (refocus) rows.focusRow(id);
}

/** Deletes a conversation, and closes it if the page shows it; an undo opens it again. */
function remove(conversation) {
  const { conversation_id: id } = conversation;
  const isShown = id === currentConversation();
  const at = state.keys.indexOf(id);
  rows.focusRow(state.keys[at + 1] ?? state.keys[at - 1]);
  if (isShown) document.querySelector("#fn-new")?.click();
  removeWithUndo(conversation, () => {
    // Render the row again at the next chance: it was rendered while the page showed no conversation.
    state.shown = null;
    if (isShown && isFree(id)) openConversation(id);
    rows.focusRow(id);
  });
}

/**
 * Returns whether opening a conversation replaces no other: the page is empty, or still shows this
 * conversation.
 */
const isFree = (id) =>
  !document.querySelector("#fn-conversation .message-row") || id === currentConversation();

function onRowKey(event) {
  const row = event.target.closest("[data-stop]")?.closest("li");
  const conversation =
    row &&
    !event.defaultPrevented &&
    kept.all.find(({ conversation_id }) => conversation_id === row.dataset.id);
  if (!conversation || !["F2", "Delete"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "F2") name(conversation);
  else remove(conversation);
}

// Rows

function conversationRow(conversation) {
  const { conversation_id: id, name, answers, updated } = conversation;
  const time = { class: "fn-fact", datetime: updated, title: exactly(updated) };
  const count = make("span.fn-fact", t("history.answers", { count: answers }));
  return listRow(
    {
      id,
      name,
      kind: " fn-conversation-open",
      isCurrent: id === currentConversation(),
      open: () => openConversation(id),
      menu: (opener) => menu(conversation, opener),
    },
    make("span.fn-conversation-name", { dir: "auto" }, name),
    make("span.fn-facts", make("time", time, whenWords(updated)), " ", count),
  );
}

function moreRow() {
  const attributes = { class: "fn-small-button", "data-stop": "" };
  const more = button(t("history.more"), () => attempt(readMore), attributes);
  return make("li.fn-more-row", { "data-id": "more" }, more);
}

function namingRow({ conversation_id: id, name, named }) {
  const input = make("input.fn-field", {
    type: "text",
    value: named ? name : "",
    placeholder: name,
    maxlength: MAX_NAME_CHARACTERS,
    dir: "auto",
    autocomplete: "off",
    "aria-label": t("history.nameOf", { name }),
    "aria-describedby": "fn-name-hint",
  });
  const trouble = make("p.fn-warning", { role: "alert", hidden: "" });
  const form = make(
    "form.fn-part.fn-naming",
    input,
    make("p.fn-remark", { id: "fn-name-hint" }, t("history.nameHint")),
    trouble,
    make(
      "div.fn-choices",
      make("button.fn-small-button.fn-main", { type: "submit" }, t("history.save")),
      button(t("history.cancel"), leaveNaming, { class: "fn-small-button" }),
    ),
  );
  onEscape(form, leaveNaming);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await nameConversation(id, input.value.trim());
    } catch (error) {
      trouble.hidden = false;
      trouble.textContent = words(error);
      return input.focus();
    }
    await read();
    return leaveNaming();
  });
  return make("li", { "data-id": id }, form);
}

// Conversations

const AT_ONCE = 200;
const kept = { all: [], query: "", limit: AT_ONCE, more: false, gone: new Set(), asked: null };

/** Reads the conversations that contain every word of `query`, and aborts an earlier request. */
async function readConversations(query = kept.query) {
  if (query !== kept.query) kept.limit = AT_ONCE;
  kept.query = query;
  kept.asked?.abort();
  const asked = new AbortController();
  kept.asked = asked;
  try {
    const found = await getConversations(query, kept.limit, asked.signal);
    kept.more = found.length === kept.limit && kept.limit < MAX_CONVERSATIONS;
    kept.all = found;
    draw();
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

async function readMore() {
  const before = kept.limit;
  kept.limit = Math.min(before + AT_ONCE, MAX_CONVERSATIONS);
  try {
    await readConversations();
  } catch (error) {
    kept.limit = before;
    throw error;
  }
}

function hideConversation(id, hidden) {
  if (hidden) kept.gone.add(id);
  else kept.gone.delete(id);
  draw();
}

function forgetConversation(id) {
  kept.all = kept.all.filter(({ conversation_id }) => conversation_id !== id);
  hideConversation(id, false);
}

// Deletion

const promised = new Set(); // ids of conversations to delete when their notice closes

/** Hides a conversation, and deletes it when its notice closes; `restored` runs if the user undoes it. */
function removeWithUndo({ conversation_id: id, name }, restored) {
  promised.add(id);
  hideConversation(id, true);
  const undo = () => {
    promised.delete(id);
    hideConversation(id, false);
    restored();
  };
  notify(t("history.deleted", { name }), {
    action: { words: t("removal.undo"), run: undo },
    over: () => deleteNow(id, name),
  });
}

async function deleteNow(id, name) {
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
