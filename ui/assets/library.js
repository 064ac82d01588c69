/** The library in the panel: its reports, newest first, and the ways to add and to delete some. */

import { make } from "./dom.js";
import { bar, button, desk, failed, heading, show } from "./panel.js";
import { isLatest, leave, openSource } from "./reading.js";
import { askToRemove } from "./removal.js";
import { getReports } from "./server.js";
import { addButton, uploadsElement, watchDrops, watchUploads } from "./upload.js";
import { facts, ownDate, plural } from "./words.js";

const LISTED = 200; // reports in the list; beyond that a list is no longer read

const state = { onCount() {} };

/** Prepares the library; `onCount` hears how many reports it has whenever it is read. */
export function startLibrary(onCount) {
  state.onCount = onCount;
  watchUploads({ onAdded: refresh, onOpen: openSource });
  watchDrops(desk, () => {
    if (!isShown()) showLibrary(false);
  });
}

const isShown = () => desk.querySelector(".fn-library") !== null;

/** Shows the library; the focus goes to its heading where `focus` is true. */
export async function showLibrary(focus) {
  const opened = leave();
  history.replaceState(history.state, "", location.pathname + location.search);
  let reports;
  try {
    reports = await getReports();
  } catch (error) {
    if (isLatest(opened)) failed(error);
    return;
  }
  if (!isLatest(opened)) return;
  const title = heading("Library");
  const count = make("p", { class: "fn-facts fn-count" });
  const contents = make("div", { class: "fn-library" });
  show([bar(title, addButton()), count], [uploadsElement(), contents]);
  fill(reports);
  if (focus) title.focus({ preventScroll: true });
}

/** Reads the library again where it is shown; the focus stays on its report, then `after` may move it. */
async function refresh(after) {
  const reports = await getReports().catch(() => null);
  if (!reports) return;
  state.onCount(reports.length);
  if (!isShown()) return;
  const focused = document.activeElement.closest?.(".fn-reports li")?.dataset.id;
  fill(reports);
  desk.querySelector(`.fn-reports li[data-id="${focused}"] button`)?.focus({ preventScroll: true });
  after?.();
}

function fill(reports) {
  // Newest first; what has no date comes last.
  reports.sort(
    (a, b) => (ownDate(b) ?? "").localeCompare(ownDate(a) ?? "") || a.title.localeCompare(b.title),
  );
  state.onCount(reports.length);
  desk.querySelector(".fn-count").textContent = plural(reports.length, "report");
  desk.querySelector(".fn-library").replaceChildren(...(reports.length ? list(reports) : [nothing()]));
}

function list(reports) {
  const more = reports.length - LISTED;
  return [
    make("ul", { class: "fn-reports" }, ...reports.slice(0, LISTED).map(reportRow)),
    more > 0 ? make("p", { class: "fn-empty" }, `and ${plural(more, "more report")}`) : "",
  ];
}

const nothing = () =>
  make(
    "p",
    { class: "fn-empty" },
    "Nothing is indexed yet. Add files here, or run “footnoted sync FOLDER” to add the reports in a folder.",
  );

function reportRow(report) {
  const dated = { ...report, published: ownDate(report) };
  const pages = report.pages && plural(report.pages, "page");
  const open = make(
    "button",
    { type: "button", class: "fn-report", onclick: () => openSource(placeOf(report)) },
    make("span", { class: "fn-report-title", lang: report.language, dir: "auto" }, report.title),
    make("span", { class: "fn-report-facts" }, facts(dated, pages)),
  );
  const row = make("li", { "data-id": report.document_id }, open);
  if (report.uploaded)
    row.append(
      button("Delete", () => askToRemove(row, report, removed), {
        class: "fn-remove",
        "aria-label": `Delete ${report.title}`,
      }),
    );
  return row;
}

const placeOf = (report) => ({ id: report.document_id, version: report.version });

/** After a report is gone the focus goes to the one that stands in its place, or to the heading. */
function removed(row) {
  const place = [...row.parentElement.children].indexOf(row);
  refresh(() => {
    const rows = [...desk.querySelectorAll(".fn-reports li")];
    const next = rows[Math.min(place, rows.length - 1)]?.querySelector("button");
    (next ?? desk.querySelector("h2")).focus({ preventScroll: true });
  });
}
