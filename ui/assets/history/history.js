/** The conversations that were had, in their tab. */

import { make } from "../dom.js";
import { t } from "../i18n.js";

/** Fills the tab's panel. */
export function startHistory(panel) {
  panel.append(
    make("h2", { class: "fn-unseen" }, t("history.title")),
    make("p", { class: "fn-empty" }, t("history.empty")),
  );
}
