/** Deleting a report that was uploaded: at once, and taken back for some seconds. */

import { t } from "../i18n.js";
import { removeReport, restoreReport, words } from "../server.js";
import { sayGone } from "../source/gone.js";
import { notify } from "../toasts.js";
import { hideReport, readReports } from "./records.js";

/** Deletes a report, and says so; `restored` runs where that was taken back. */
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
    return; // It was never deleted, which is said already.
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

/** Reads the list; where it is silent now, it is read again by and by, and what was done is done. */
const readAnew = () => readReports().catch(() => null);

function putBack(id, why = null) {
  hideReport(id, false);
  sayGone(id, false);
  if (why) notify(why, { alert: true });
}
