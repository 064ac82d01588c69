/** Says in the source's area that the report that is shown there was deleted. */

import { make } from "../dom.js";
import { t } from "../i18n.js";
import { source } from "../panes.js";

/** The report of a number was deleted, or put back. */
export function sayGone(id, isGone) {
  if (source.dataset.report !== String(id)) return;
  source.querySelector(".fn-gone-notice")?.remove();
  if (!isGone) return;
  const notice = make("p", { class: "fn-gone-notice fn-warning", role: "status" }, t("source.deleted"));
  source.querySelector(".fn-desk-head")?.append(notice);
}
