/** Keys that lead through the desk, and the list of them. None is taken from a person who writes. */

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

const BRACKETS = ["[", "]"]; // which many keyboards have only behind AltGr, or a Mac's Option
const isMac = /^mac/i.test(navigator.platform);

const shortcuts = [];
let dialog = null;

/** Adds a key: `key` as the browser names it, what it does in words, and how. */
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

/** Whether keys are held that make another command of a key, not those without which it cannot be written. */
function isCommand({ key, ctrlKey, metaKey, altKey }, hasAltGraph) {
  if (!BRACKETS.includes(key)) return ctrlKey || metaKey || altKey;
  return metaKey || (!hasAltGraph && (ctrlKey || (altKey && !isMac)));
}

function onKey(event) {
  const { defaultPrevented, isComposing, target } = event;
  if (defaultPrevented || isComposing || isWriting(target)) return;
  if (isCommand(event, event.getModifierState("AltGraph"))) return;
  if (dialog?.open) return;
  shortcuts.find(({ key }) => key === event.key)?.run(event);
}

/** The list of the keys, made anew each time: others may have been added. */
function showShortcuts() {
  dialog?.remove();
  const title = make("h2", { id: "fn-shortcuts-title" }, t("shortcuts.title"));
  const rows = shortcuts.flatMap(({ key, words }) => [
    make("dt", {}, make("kbd", {}, key)),
    make("dd", {}, words),
  ]);
  const others = [
    [t("shortcuts.escapeKey"), t("shortcuts.escape")],
    [t("shortcuts.arrowKeys"), t("shortcuts.arrows")],
  ].flatMap(([key, words]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, words)]);
  const close = button(t("shortcuts.close"), () => dialog.close(), { class: "fn-button" });
  dialog = make(
    "dialog",
    { id: "fn-shortcuts", "aria-labelledby": "fn-shortcuts-title" },
    title,
    make("dl", {}, ...rows, ...others),
    make("p", { class: "fn-hint" }, t("shortcuts.hint")),
    close,
  );
  // A click beside the list is on the dialog itself.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

/** A button that shows the list. */
export function shortcutsButton() {
  const shown = button("", showShortcuts, {
    class: "fn-shortcuts",
    "aria-haspopup": "dialog",
    title: t("shortcuts.title"),
  });
  shown.append(icon("shortcuts"), make("span", {}, t("shortcuts.button")));
  return shown;
}

/** A key that leads into a field is not written there. */
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
