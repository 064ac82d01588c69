/** What the server has of a report: what is known of it, and its text around some words. */

import { getReport } from "../server.js";
import { readPart } from "./parts.js";

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
