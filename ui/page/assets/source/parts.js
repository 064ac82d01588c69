/*
 * A part of a report's text, as the panel reads it: it begins and ends between the rows of a table, and a
 * table that began before it has its headings at hand.
 *
 * Offsets count code points of the whole text, as everywhere in the product.
 */

import { getText } from "../server.js";
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
