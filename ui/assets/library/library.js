/** The library's reports, newest first, and the ways to add and to delete some. */

import { make, button } from "../dom.js";
import { t } from "../i18n.js";
import { countReports, isOpen, library, openLibrary } from "../panes.js";
import { getReports, words } from "../server.js";
import { openSource } from "../source/reading.js";
import { chooseTab } from "../tabs.js";
import { factElements, ownDate } from "../words.js";
import { askToRemove } from "./removal.js";
import { addButton, uploadsElement, watchDrops, watchUploads } from "./upload.js";

const LISTED = 200; // reports in the list; beyond that a list is no longer read

const title = make("h2", { class: "fn-unseen", tabindex: "-1" }, t("library.title"));
const count = make("p", { class: "fn-count", role: "status" });
const contents = make("div", { class: "fn-contents" });

/** Fills the library's panel, and reads it. */
export function startLibrary(panel) {
  panel.append(
    title,
    make("div", { class: "fn-library-bar" }, count, addButton()),
    make(
      "div",
      { class: "fn-scroll", tabindex: "0", role: "region", "aria-label": t("library.contents") },
      uploadsElement(),
      contents,
    ),
  );
  watchUploads({ onAdded: refresh, onOpen: openSource });
  watchDrops(library, () => {
    chooseTab("library");
    if (!isOpen(library)) openLibrary();
  });
  read();
}

async function read() {
  try {
    fill(await getReports());
  } catch (error) {
    contents.replaceChildren(make("p", { role: "alert", class: "fn-warning" }, words(error)));
  }
}

/** Reads the library again; the focus stays on its report, then `after` may move it. */
async function refresh(after) {
  const reports = await getReports().catch(() => null);
  if (!reports) return;
  const focused = document.activeElement.closest?.(".fn-reports li")?.dataset.id;
  fill(reports);
  contents.querySelector(`li[data-id="${focused}"] button`)?.focus({ preventScroll: true });
  after?.();
}

function fill(reports) {
  // Newest first; what has no date comes last.
  reports.sort(
    (a, b) => (ownDate(b) ?? "").localeCompare(ownDate(a) ?? "") || a.title.localeCompare(b.title),
  );
  countReports(reports.length);
  count.textContent = t("library.count", { count: reports.length });
  contents.replaceChildren(...(reports.length ? list(reports) : [nothing()]));
}

function list(reports) {
  const more = reports.length - LISTED;
  return [
    make("ul", { class: "fn-reports" }, ...reports.slice(0, LISTED).map(reportRow)),
    more > 0 ? make("p", { class: "fn-empty" }, t("library.more", { count: more })) : "",
  ];
}

const nothing = () => make("p", { class: "fn-empty" }, t("library.empty"));

function reportRow(report) {
  const dated = { ...report, published: ownDate(report) };
  const pages = report.pages && t("library.pages", { count: report.pages });
  const open = make(
    "button",
    {
      type: "button",
      class: "fn-report",
      onclick: (event) => openSource(placeOf(report), { from: event.currentTarget }),
    },
    make("span", { class: "fn-report-title", lang: report.language, dir: "auto" }, report.title),
    make("span", { class: "fn-facts" }, ...factElements(dated, pages)),
  );
  const row = make("li", { "data-id": report.document_id }, open);
  if (report.uploaded)
    row.append(
      button(t("library.delete"), () => askToRemove(row, report, removed), {
        class: "fn-remove",
        "aria-label": t("library.deleteNamed", { title: report.title }),
      }),
    );
  return row;
}

const placeOf = (report) => ({ id: report.document_id, version: report.version });

/** After a report is gone the focus goes to the one that stands in its place, or to the heading. */
function removed(row) {
  const place = [...row.parentElement.children].indexOf(row);
  refresh(() => {
    const rows = [...contents.querySelectorAll(".fn-reports li")];
    const next = rows[Math.min(place, rows.length - 1)]?.querySelector("button");
    (next ?? title).focus({ preventScroll: true });
  });
}
