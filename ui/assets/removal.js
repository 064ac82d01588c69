/** Deleting a report that was uploaded: asked about in its place in the list. */

import { make } from "./dom.js";
import { button } from "./panel.js";
import { removeReport, words } from "./server.js";

/** Asks in the report's row whether to delete it; `removed` hears of it with the row when it is gone. */
export function askToRemove(row, report, removed) {
  const shown = [...row.children];
  const asked = make("p", {}, `Delete “${report.title}”? Answers can no longer cite it.`);
  const trouble = make("p", { class: "fn-warning", role: "alert", hidden: "" });
  const keep = button("Keep it", putBack);
  const remove = button("Delete it", go, { class: "fn-danger" });
  const question = make(
    "div",
    { class: "fn-asking", role: "group", "aria-label": `Delete ${report.title}?` },
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
