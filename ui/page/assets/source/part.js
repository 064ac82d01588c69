/*
 * Reads parts of a report's text. A part begins and ends between the rows of a table; if a table begins
 * before the part, the part has the table's headings.
 *
 * Offsets count code points of the whole text, as everywhere in the product.
 */

import { getReport, getText } from "../server.js";
import { codePoints } from "./places.js";

const BREAKS = /[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]/;

/** Reads a part; `known` is "start" or "end" if that end is known to be between rows. */
export async function readPart(report, from, to, { quote = null, known = "" } = {}) {
  let part = await getText(report.document_id, report.version, from, to);
  if (known !== "start") part = withoutFirstRest(part, quote);
  if (known !== "end") part = withoutLastRest(part, quote);
  return withHeadings(report, part);
}

/** Joins two adjacent parts. */
export function joined(before, after) {
  const tables = new Map([...after.tables, ...before.tables].map((table) => [table.start, table]));
  return {
    ...before,
    text: before.text + after.text,
    end: after.end,
    tables: [...tables.values()].sort((a, b) => a.start - b.start),
  };
}

const within = (part, offset) => part.tables.some((table) => table.start < offset && offset < table.end);

/** Removes an incomplete row at the start of a part, unless the quote begins in it. */
function withoutFirstRest(part, quote) {
  if (!within(part, part.start)) return part;
  const end = part.text.search(BREAKS) + 1;
  const start = part.start + codePoints(part.text.slice(0, end));
  if (!end || (quote && quote.start < start)) return part;
  return { ...part, text: part.text.slice(end), start };
}

/** Removes an incomplete row at the end of a part, unless the quote ends in it. */
function withoutLastRest(part, quote) {
  if (!within(part, part.end)) return part;
  const kept = part.text.slice(0, part.text.length - part.text.split(BREAKS).at(-1).length);
  const end = part.start + codePoints(kept);
  if (!kept || (quote && quote.end > end)) return part;
  return { ...part, text: kept, end };
}

async function withHeadings(report, part) {
  const tables = await Promise.all(
    part.tables
      .filter((table) => table.start < part.end && table.end > part.start)
      .map(async (table) => {
        const end = Math.min(table.header_end, part.start);
        if (table.start >= end) return table;
        const { text } = await getText(report.document_id, report.version, table.start, end);
        return { ...table, headings: text };
      }),
  );
  return { ...part, tables };
}

// Reading

export const CONTEXT = 6000; // code points to read on either side of the quote, and for each "more"

/** Reads a place in a report: {report, current, part}. */
export async function readSource({ id, version, quote = null }) {
  const facts = readFacts(id, version);
  const known = version ? { document_id: id, version } : (await facts).report;
  const [part, { report, current }] = await Promise.all([readAround(known, quote), facts]);
  return { report, current, part };
}

/** Fetches the facts of a version of a report, and those of the current version. */
export async function readFacts(id, version) {
  const report = await getReport(id, version);
  return { report, current: report.superseded_by == null ? report : await getReport(id) };
}

/** Reads the part around a quote; without a quote, the start of the text. */
export const readAround = (report, quote) =>
  quote
    ? readPart(report, quote.start - CONTEXT, quote.end + CONTEXT, { quote })
    : readPart(report, 0, 2 * CONTEXT);
