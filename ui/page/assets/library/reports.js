/** The library's reports as the server last told them, without those that are being deleted. */

import { fold } from "../folding.js";
import { getReports } from "../server.js";

const state = {
  all: new Map(),
  shown: [],
  tag: null,
  gone: new Set(),
  listeners: [],
  reading: null,
  again: false,
};

/** The reports, each with the words that it is found by in `folded`. */
export const reports = () => state.shown;

/** A report by its number; undefined where there is none, or no longer. */
export const reportOf = (id) => (state.gone.has(id) ? undefined : state.all.get(id));

/** Runs `listener` whenever the reports are others. */
export const onReports = (listener) => state.listeners.push(listener);

/**
 * Reads the library again; one reading is enough for all who ask while it lasts.
 *
 * It is heard of only where something has changed. Fails as the server does.
 */
export function readReports() {
  state.again = Boolean(state.reading);
  state.reading ??= read().finally(() => (state.reading = null));
  return state.reading;
}

async function read() {
  do {
    state.again = false;
    const answer = await getReports(state.tag);
    if (answer) take(answer);
  } while (state.again);
}

function take({ reports: all, tag }) {
  for (const report of all)
    report.folded = [report.title, report.publisher, report.collection]
      .map((words) => fold(words ?? ""))
      .join("\n");
  state.all = new Map(all.map((report) => [report.document_id, report]));
  state.tag = tag;
  // What is gone may come back, from this page or another.
  for (const id of state.gone) if (!state.all.has(id)) state.gone.delete(id);
  tell();
}

/** Takes a report out of sight, or shows it again. */
export function hideReport(id, hidden) {
  if (hidden) state.gone.add(id);
  else state.gone.delete(id);
  tell();
}

function tell() {
  state.shown = [...state.all.values()].filter(({ document_id }) => !state.gone.has(document_id));
  state.listeners.forEach((listener) => listener());
}
