/** The conversations that were had, in their tab: found, opened, named, saved as files and deleted. */

import { button, make } from "../dom.js";
import { findField } from "../finding.js";
import { t } from "../i18n.js";
import { toggleMenu } from "../menu.js";
import { conversationFile, nameConversation, words } from "../server.js";
import { VirtualList } from "../virtual.js";
import { focusRow, walk } from "../walking.js";
import { conversationOf, onConversations, readConversations, readMore } from "./conversations.js";
import { currentConversation, newConversation, openConversation, shownAnswers } from "./current.js";
import { groupOf } from "./days.js";
import { removeWithUndo } from "./deleting.js";
import { conversationRow, dayRow, moreRow, namingRow } from "./row.js";

const TYPING = 200; // milliseconds after the last letter before the server is asked
const FILES = ["md", "html", "docx"];

const state = { naming: null, shown: "", timer: null, keys: [] };
const does = { open, menu };
const scroller = make("div", { class: "fn-scroll fn-list", tabindex: "-1" });
const empty = make("p", { class: "fn-empty", role: "status", hidden: "" });
const trouble = make("p", { class: "fn-warning fn-empty", role: "alert", hidden: "" });
const count = make("p", { class: "fn-counted", role: "status" });
const rows = new VirtualList(scroller, drawRow, t("history.title"));

/** Fills the tab's panel. */
export function startHistory(panel) {
  const find = (query) => {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => read(query), TYPING);
  };
  const goOn = () => focusRow(rows, state.keys[0]);
  const begin = button(t("history.new"), newConversation, { class: "fn-small-button fn-begin" });
  scroller.prepend(trouble, empty);
  panel.append(
    make("h2", { class: "fn-unseen" }, t("history.title")),
    make("div", { class: "fn-library-bar" }, count, begin),
    make("div", { class: "fn-library-bar" }, findField(t("history.find"), { find, goOn }).element),
    scroller,
  );
  walk(rows);
  scroller.addEventListener("keydown", onRowKey);
  onConversations(draw);
  panel.addEventListener("fn-shown", () => read());
  watchAnswers(panel);
}

/** Reads the list again where the answers that the page shows are others, and nobody is naming one. */
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

/** Reads conversations, and says what has gone wrong with that. */
async function attempt(reading) {
  try {
    await reading();
    trouble.hidden = true;
  } catch (error) {
    trouble.hidden = false;
    trouble.textContent = words(error);
  }
}

function draw({ conversations, more, query }) {
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
  if (of.group) return dayRow(of);
  if (of.more) return moreRow(() => attempt(readMore));
  const id = of.conversation_id;
  if (id === state.naming) return namingRow(of, { save: (name) => saveName(id, name), leave: leaveNaming });
  return conversationRow(of, does, id === currentConversation());
}

function open({ conversation_id: id }) {
  openConversation(id);
}

function menu(conversation, opener) {
  const { conversation_id: id } = conversation;
  toggleMenu(opener, [
    { words: t("history.rename"), run: () => name(conversation) },
    { heading: t("history.save.as") },
    ...FILES.map((suffix) => ({
      words: t(`file.${suffix}`),
      href: conversationFile(id, suffix),
      download: "",
    })),
    { separator: true },
    { words: t("history.delete"), run: () => remove(conversation), danger: true },
  ]);
}

/** Puts a form in the place of a conversation's row. */
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
  if (refocus) focusRow(rows, id);
}

async function saveName(id, given) {
  try {
    await nameConversation(id, given);
  } catch (error) {
    return words(error);
  }
  await read();
  leaveNaming();
  return null;
}

/** Deletes a conversation; what the page shows of it goes, too, and comes back with it. */
function remove(conversation) {
  const { conversation_id: id } = conversation;
  const isShown = id === currentConversation();
  const at = state.keys.indexOf(id);
  focusRow(rows, state.keys[at + 1] ?? state.keys[at - 1]);
  if (isShown) document.querySelector("#fn-new")?.click();
  removeWithUndo(conversation, () => {
    // Where it is back before anybody looked, its row was drawn while nothing was shown.
    state.shown = null;
    if (isShown && isFree(id)) openConversation(id);
    focusRow(rows, id);
  });
}

/** Whether the page shows nothing that a conversation would take the place of, but what it still shows of that. */
const isFree = (id) =>
  !document.querySelector("#fn-conversation .message-row") || id === currentConversation();

/** F2 names a conversation, Delete deletes it. */
function onRowKey(event) {
  const row = event.target.closest("[data-stop]")?.closest("li");
  const conversation = row && !event.defaultPrevented && conversationOf(row.dataset.id);
  if (!conversation || !["F2", "Delete"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "F2") name(conversation);
  else remove(conversation);
}
