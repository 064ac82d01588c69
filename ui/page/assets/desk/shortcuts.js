/** Handles the keyboard shortcuts, except while the user types text, and lists them in a dialog. */

import { button, icon, isWriting, make } from "../controls/dom.js";
import { runNewest } from "../controls/notices.js";
import { t } from "../i18n.js";
import {
  askAboutSource,
  copySelection,
  findInReport,
  nextCitation,
  previousCitation,
} from "../source/reading.js";
import { toggleLibrary, toggleSource, uncover } from "./panes.js";

const BRACKETS = ["[", "]"]; // on many keyboards these need AltGr, or Option on a Mac
const isMac = /^mac/i.test(navigator.platform);
const shortcuts = [];
let dialog = null;

/** Adds a shortcut: `key` as in `KeyboardEvent.key`, a description, and the function that it runs. */
function addShortcut(key, words, run) {
  shortcuts.push({ key, words, run });
}

function askNext(event) {
  const area = document.querySelector("#fn-question textarea");
  if (!area) return;
  event.preventDefault();
  uncover({ back: false });
  area.focus();
}

/** Returns whether modifier keys make a key part of another command; typing a bracket may itself need modifiers. */
function isCommand({ key, ctrlKey, metaKey, altKey }, hasAltGraph) {
  if (!BRACKETS.includes(key)) return ctrlKey || metaKey || altKey;
  return metaKey || (!hasAltGraph && (ctrlKey || (altKey && !isMac)));
}

function onKey(event) {
  const { defaultPrevented, isComposing, target } = event;
  if (defaultPrevented || isComposing || isWriting(target)) return;
  if (isCommand(event, event.getModifierState("AltGraph"))) return;
  if (document.querySelector("dialog[open]")) return;
  shortcuts.find(({ key }) => key === event.key)?.run(event);
}

function showShortcuts() {
  dialog?.remove();
  const title = make("h2", { id: "fn-shortcuts-title" }, t("shortcuts.title"));
  const rows = shortcuts.flatMap(({ key, words }) => [make("dt", make("kbd", key)), make("dd", words)]);
  const others = [
    [t("shortcuts.escapeKey"), t("shortcuts.escape")],
    [t("shortcuts.arrowKeys"), t("shortcuts.arrows")],
  ].flatMap(([key, words]) => [make("dt", make("kbd", key)), make("dd", words)]);
  const close = button(t("shortcuts.close"), () => dialog.close(), { class: "fn-button" });
  dialog = make(
    "dialog",
    { id: "fn-shortcuts", class: "fn-dialog", "aria-labelledby": "fn-shortcuts-title" },
    title,
    make("dl", ...rows, ...others),
    make("p.fn-hint", t("shortcuts.hint")),
    close,
  );
  // A click outside of the dialog's box has the dialog itself as its target.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

export function shortcutsButton() {
  const contents = [icon("shortcuts"), make("span", t("shortcuts.button"))];
  const attributes = { class: "fn-shortcuts", "aria-haspopup": "dialog", title: t("shortcuts.title") };
  return button(contents, showShortcuts, attributes);
}

/** Wraps a handler that moves the focus into a field, so that the field does not receive the key's letter. */
const unwritten = (run) => (event) => {
  event.preventDefault();
  run();
};

export function startShortcuts() {
  addShortcut("/", t("shortcuts.question"), askNext);
  addShortcut("[", t("shortcuts.library"), toggleLibrary);
  addShortcut("]", t("shortcuts.source"), toggleSource);
  addShortcut("n", t("shortcuts.next"), nextCitation);
  addShortcut("p", t("shortcuts.previous"), previousCitation);
  addShortcut("f", t("shortcuts.find"), unwritten(findInReport));
  addShortcut("a", t("shortcuts.ask"), unwritten(askAboutSource));
  addShortcut("c", t("shortcuts.copy"), copySelection);
  addShortcut("?", t("shortcuts.list"), showShortcuts);
  addShortcut("z", t("shortcuts.undo"), runNewest);
  document.addEventListener("keydown", onKey);
}
