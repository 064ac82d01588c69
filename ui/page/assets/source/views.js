/** What of a report is shown: its text, a page of it, both beside one another, or what is known of it. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { source } from "../panes.js";
import { recall, remember } from "../storage.js";

const ROOM = 54; // rem that the text and a page need beside one another
const KEPT = "source.view";

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const hasRoom = () => source.clientWidth >= ROOM * rem();

let latest = null;
new ResizeObserver(() => latest?.fit()).observe(source);

/**
 * The choice of a report's view; `paged` says whether it has pictures of its pages.
 *
 * `onView` hears which view is shown. Where there is no room for text and page, the text is shown for both.
 */
export function viewSwitch(paged, onView) {
  const names = paged ? ["text", "page", "both", "about"] : ["text", "about"];
  const choices = names.map((name) =>
    button(t(`source.view.${name}`), () => choose(name), { "data-view": name }),
  );
  const element = make(
    "div",
    { class: "fn-views", role: "group", "aria-label": t("source.views") },
    ...choices,
  );
  const state = { chosen: paged ? recall(KEPT, "both") : "text", shown: null };

  function fit() {
    const room = hasRoom();
    for (const choice of choices) if (choice.dataset.view === "both") choice.hidden = !room;
    const fitting = state.chosen === "both" && !room ? "text" : state.chosen;
    const view = names.includes(fitting) ? fitting : "text";
    if (view === state.shown) return;
    state.shown = view;
    for (const choice of choices) choice.setAttribute("aria-pressed", String(choice.dataset.view === view));
    onView(view);
  }

  function choose(name) {
    state.chosen = name;
    if (paged && name !== "about") remember(KEPT, name);
    fit();
  }

  latest = { fit };
  return {
    element,
    fit,
    choose,
    shown: () => state.shown,
    /** Shows the report itself again where what is known of it is shown. */
    leaveAbout() {
      if (state.shown === "about") choose(paged ? recall(KEPT, "both") : "text");
    },
  };
}
