/** Holds the reports that the server last sent, without reports that are being deleted. */

import { getReports } from "../server.js";
import { fold } from "./narrowing.js";

const state = {
  all: new Map(),
  shown: [],
  tag: null,
  gone: new Set(),
  listeners: [],
  reading: null,
  again: false,
};

/** Returns the reports; the `folded` of each is the text that the search looks through. */
export const reports = () => state.shown;

/** Returns a report by its id; undefined if there is none, or if it is being deleted. */
export const reportOf = (id) => (state.gone.has(id) ? undefined : state.all.get(id));
export const onReports = (listener) => state.listeners.push(listener);

/**
 * Reads the reports again, and tells the listeners if they have changed. Rejects with the server's error.
 * Calls during a request share one further request.
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
  // Forget ids that are gone, since a user may restore the reports, here or in another page.
  for (const id of state.gone) if (!state.all.has(id)) state.gone.delete(id);
  tell();
}

export function hideReport(id, hidden) {
  if (hidden) state.gone.add(id);
  else state.gone.delete(id);
  tell();
}

function tell() {
  state.shown = [...state.all.values()].filter(({ document_id }) => !state.gone.has(document_id));
  state.listeners.forEach((listener) => listener());
}
