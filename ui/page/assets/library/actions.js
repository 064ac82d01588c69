/** What can be done with a report: the menu of its row. */

import { t } from "../i18n.js";
import { toggleMenu } from "../menu.js";
import { getScope, setScope } from "../scope.js";
import { showCitations } from "./cited.js";
import { editReportInPlace } from "./editing.js";
import { focusBeside, focusReport } from "./list.js";
import { removeWithUndo } from "./removal.js";

/** Opens the menu of a report, at the button of its row. */
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

/** Deletes a report; the focus goes to the one that comes into its place, and back where it is put back. */
function remove(report) {
  focusBeside(report.document_id);
  removeWithUndo(report, () => focusReport(report.document_id));
}

/** The keys of a row: F2 changes its title, Delete deletes it. */
export function onRowKey(event, report, opener) {
  if (event.key === "F2") editReportInPlace(report);
  else if (event.key !== "Delete") return;
  else if (report.uploaded) remove(report);
  else reportMenu(report, opener);
  event.preventDefault();
}
