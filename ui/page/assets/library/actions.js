/** Shows the menu of a report's row, and deletes reports with an undo. */

import { toggleMenu } from "../controls/menu.js";
import { notify } from "../controls/notices.js";
import { getScope, setScope } from "../desk/scope.js";
import { t } from "../i18n.js";
import { removeReport, restoreReport, words } from "../server.js";
import { sayGone } from "../source/panel.js";
import { showCitations } from "./citations.js";
import { editReportInPlace } from "./details.js";
import { focusBeside, focusReport } from "./list.js";
import { hideReport, readReports } from "./reports.js";

/** Opens the menu of a report at the button of its row. */
export function reportMenu(report, opener) {
  const { document_id: id, uploaded } = report;
  const asked = getScope().document_ids;
  const isAsked = asked.includes(id);
  const keepTo = () =>
    setScope({ document_ids: isAsked ? asked.filter((other) => other !== id) : [...asked, id] });
  toggleMenu(opener, [
    { words: t(isAsked ? "library.askNot" : "library.ask"), run: keepTo },
    { words: t("library.cited"), run: () => showCitations(report) },
    { words: t("library.edit"), run: () => editReportInPlace(report) },
    { separator: true },
    {
      words: t("library.delete"),
      run: () => remove(report),
      danger: true,
      disabled: !uploaded,
      hint: uploaded ? null : t("library.followed"),
    },
  ]);
}

/** Deletes a report, and focuses the next one; an undo also restores the focus. */
function remove(report) {
  focusBeside(report.document_id);
  removeWithUndo(report, () => focusReport(report.document_id));
}

/** Handles the keys of a row: F2 edits the report's details, Delete deletes the report. */
export function onRowKey(event, report, opener) {
  if (event.key === "F2") editReportInPlace(report);
  else if (event.key !== "Delete") return;
  else if (report.uploaded) remove(report);
  else reportMenu(report, opener);
  event.preventDefault();
}

// Deletion

/** Deletes a report, and shows a notice; `restored` runs after an undo. */
export function removeWithUndo({ document_id: id, title }, restored) {
  hideReport(id, true);
  sayGone(id, true);
  const removed = removeReport(id);
  removed.then(readAnew, (error) => putBack(id, t("removal.failed", { title, why: words(error) })));
  notify(t("removal.done", { title }), {
    action: { words: t("removal.undo"), run: () => takeBack(id, title, removed, restored) },
  });
}

async function takeBack(id, title, removed, restored) {
  try {
    await removed;
  } catch {
    return; // The deletion failed, and a notice says so already.
  }
  try {
    await restoreReport(id);
  } catch (error) {
    notify(t("removal.lost", { title, why: words(error) }), { alert: true });
    return;
  }
  await readAnew();
  putBack(id);
  restored();
}

/** Reads the list of reports; ignores an error, since the page reads the list again soon. */
const readAnew = () => readReports().catch(() => null);

function putBack(id, why = null) {
  hideReport(id, false);
  sayGone(id, false);
  if (why) notify(why, { alert: true });
}
