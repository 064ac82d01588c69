/** Shows the library's area as two tabs: reports and conversations. */

import { button, make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { closeLibrary, closer, library } from "./panes.js";

const NAMES = ["library", "history"];

const panel = (name) =>
  make("section", {
    id: `fn-${name}-panel`,
    class: "fn-panel",
    role: "tabpanel",
    "aria-labelledby": `fn-${name}-tab`,
  });

/** The panels of the tabs, by name. */
export const panels = Object.fromEntries(NAMES.map((name) => [name, panel(name)]));

const tabs = Object.fromEntries(
  NAMES.map((name) => [
    name,
    button(t(`${name}.title`), () => chooseTab(name), {
      id: `fn-${name}-tab`,
      role: "tab",
      "aria-controls": `fn-${name}-panel`,
    }),
  ]),
);

/** Shows a tab's panel, and dispatches the event "fn-shown" to it. */
export function chooseTab(name) {
  for (const other of NAMES) {
    const chosen = other === name;
    tabs[other].setAttribute("aria-selected", String(chosen));
    tabs[other].tabIndex = chosen ? 0 : -1;
    panels[other].hidden = !chosen;
  }
  panels[name].dispatchEvent(new CustomEvent("fn-shown"));
}

/** Handles the arrow keys, Home and End, which choose a tab and focus it. */
function onKey(event) {
  const at = NAMES.findIndex((name) => tabs[name] === event.target);
  const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  const to = { [forward]: at + 1, [backward]: at - 1, Home: 0, End: NAMES.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const name = NAMES.at(to % NAMES.length);
  chooseTab(name);
  tabs[name].focus();
}

/** Fills the library's area; the elements of `foot` come below both panels. */
export function startTabs(...foot) {
  const list = make(
    "div",
    { role: "tablist", class: "fn-tabs", "aria-label": t("library.tabs") },
    ...NAMES.map((name) => tabs[name]),
  );
  list.addEventListener("keydown", onKey);
  library.append(
    make("div", { class: "fn-side-head" }, list, closer("library", closeLibrary)),
    ...NAMES.map((name) => panels[name]),
    make("div", { class: "fn-side-foot" }, ...foot),
  );
  chooseTab("library");
}
