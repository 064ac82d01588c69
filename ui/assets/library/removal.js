/** Deleting a report that was uploaded: asked about in its place in the list. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { removeReport, words } from "../server.js";

/** Asks in the report's row whether to delete it; `removed` hears of it with the row when it is gone. */
export function askToRemove(row, report, removed) {
  const shown = [...row.children];
  const asked = make("p", {}, t("removal.question", { title: report.title }));
  const trouble = make("p", { class: "fn-warning", role: "alert", hidden: "" });
  const keep = button(t("removal.keep"), putBack);
  const remove = button(t("removal.go"), go, { class: "fn-danger" });
  const question = make(
    "div",
    { class: "fn-asking", role: "group", "aria-label": t("removal.label", { title: report.title }) },
    asked,
    trouble,
    make("div", { class: "fn-choices" }, remove, keep),
  );
  question.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    putBack();
  });
  row.replaceChildren(question);
  keep.focus();

  function putBack() {
    row.replaceChildren(...shown);
    row.querySelector(".fn-remove").focus();
  }

  async function go() {
    remove.disabled = true;
    try {
      await removeReport(report.document_id);
    } catch (error) {
      trouble.textContent = words(error);
      trouble.hidden = false;
      remove.disabled = false;
      keep.focus();
      return;
    }
    removed(row);
  }
}
