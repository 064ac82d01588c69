/** The library's area: a tab for the reports, and one for the conversations. */

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

/** The places of what the tabs show. */
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

/** Shows a tab's panel; the panel hears of it as an event "fn-shown". */
export function chooseTab(name) {
  for (const other of NAMES) {
    const chosen = other === name;
    tabs[other].setAttribute("aria-selected", String(chosen));
    tabs[other].tabIndex = chosen ? 0 : -1;
    panels[other].hidden = !chosen;
  }
  panels[name].dispatchEvent(new CustomEvent("fn-shown"));
}

/** The arrow keys go from tab to tab, which are chosen by getting the focus. */
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

/** Fills the library's area; `foot` stands below both panels. */
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
