/** Fills the library's panel: buttons that add files, a search field, the filters, the list of reports. */

import { findField, make } from "../controls/dom.js";
import { chooseTab, countReports, isOpen, library, openLibrary } from "../desk/panes.js";
import { t } from "../i18n.js";
import { watchDrops } from "../ingest/files.js";
import { startJobs } from "../ingest/jobs.js";
import { addButtons, isUnsent, takeEntries, uploads, uploadsElements } from "../ingest/uploads.js";
import { words } from "../server.js";
import { onRowKey, reportMenu } from "./actions.js";
import { facetsElements, showCounts } from "./facets.js";
import { drawList, find, focusFirst, noteAdded, startList, viewButton } from "./list.js";
import { readReports, reportOf } from "./reports.js";

const count = make("p.fn-count", { role: "status" });

export function startLibrary(panel) {
  const field = findField(t("library.find"), { find, goOn: focusFirst });
  const { opener, place } = facetsElements();
  const list = startList({
    counted: (counts, drawn) => {
      showCounts(counts, drawn);
      say(drawn);
    },
    menu: reportMenu,
    cleared: () => (field.input.value = ""),
  });
  list.addEventListener("keydown", (event) => {
    const opened = event.target.closest("[data-stop]")?.closest("li");
    const report = opened && !event.defaultPrevented && reportOf(Number(opened.dataset.id));
    if (report) onRowKey(event, report, opened.querySelector(".fn-row-more"));
  });
  panel.append(
    make("h2.fn-unseen", t("library.title")),
    make("div.fn-library-bar", count, ...addButtons()),
    make("div.fn-library-bar", field.element, viewButton(drawList), opener),
    place,
    ...uploadsElements(onAdded),
    list,
  );
  watchDrops(onDropped);
  startJobs(() => uploads().some(isUnsent));
  read();
}

async function read() {
  try {
    await readReports();
  } catch (error) {
    count.replaceChildren(make("span.fn-warning", words(error)));
    setTimeout(read, 5000);
  }
}

function say({ shown, of }) {
  countReports(of);
  count.textContent =
    shown === of ? t("library.count", { count: of }) : t("library.countOf", { number: shown, count: of });
}

async function onAdded(id) {
  await readReports().catch(() => null);
  noteAdded(id);
}

function onDropped(entries) {
  chooseTab("library");
  if (!isOpen(library)) openLibrary({ focus: false });
  takeEntries(entries);
}
