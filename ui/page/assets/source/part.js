/*
 * A part of a report's text, as the panel reads it: it begins and ends between the rows of a table, and a
 * table that began before it has its headings at hand.
 *
 * Offsets count code points of the whole text, as everywhere in the product.
 */

import { getReport, getText } from "../server.js";
import { codePoints } from "./places.js";

const BREAKS = /[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]/;

/** Reads a part; `known` says which of its ends are known to lie between rows. */
export async function readPart(report, from, to, { quote = null, known = "" } = {}) {
  let part = await getText(report.document_id, report.version, from, to);
  if (known !== "start") part = withoutFirstRest(part, quote);
  if (known !== "end") part = withoutLastRest(part, quote);
  return withHeadings(report, part);
}

/** Two neighbouring parts as one. */
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

/** The part without the rest of a row with which it begins. */
function withoutFirstRest(part, quote) {
  if (!within(part, part.start)) return part;
  const end = part.text.search(BREAKS) + 1;
  const start = part.start + codePoints(part.text.slice(0, end));
  if (!end || (quote && quote.start < start)) return part;
  return { ...part, text: part.text.slice(end), start };
}

/** The part without the beginning of a row with which it ends. */
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

export const CONTEXT = 6000; // code points read on either side of the quoted words, and by each "more"

/** A place in a report: {report, current, part}. */
export async function readSource({ id, version, quote = null }) {
  const facts = readFacts(id, version);
  const known = version ? { document_id: id, version } : (await facts).report;
  const [part, { report, current }] = await Promise.all([readAround(known, quote), facts]);
  return { report, current, part };
}

/** What is known of a version of a report, and of its current one. */
export async function readFacts(id, version) {
  const report = await getReport(id, version);
  return { report, current: report.superseded_by == null ? report : await getReport(id) };
}

/** The part that has some words; without a quote, that with which the text begins. */
export const readAround = (report, quote) =>
  quote
    ? readPart(report, quote.start - CONTEXT, quote.end + CONTEXT, { quote })
    : readPart(report, 0, 2 * CONTEXT);
