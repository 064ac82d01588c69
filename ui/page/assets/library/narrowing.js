/** Which reports are shown, and how many of each publisher, collection, language, kind and year there are. */

import { fold } from "../folding.js";

/** What a report is narrowed by, beside its date: the field of the scope, and what a report has of it. */
export const FACETS = [
  { field: "publishers", of: (report) => report.publisher },
  { field: "collections", of: (report) => report.collection },
  { field: "languages", of: (report) => report.language },
  { field: "kinds", of: (report) => report.kind },
];

export const YEARS = "years";
const UNDATED = null;

const yearOf = ({ published }) => (published ? Number(published.slice(0, 4)) : UNDATED);

/** Whether a report's date lies between those of a scope, as the server compares them. */
function isWithin({ published }, { published_after: after, published_before: before }) {
  if (!after && !before) return true;
  if (!published) return false;
  return (!after || (published > after && !published.startsWith(after))) && (!before || published < before);
}

/**
 * The reports that a scope and the words that are looked for leave over, in the order in which they come.
 *
 * `counts` has for each facet a Map of its values: how many reports would be shown with one of them chosen and
 * the other facets as they are. The years are one of them; a report without a date counts under null.
 */
export function narrowed(reports, scope, sought = "") {
  const words = fold(sought).split(" ").filter(Boolean);
  const chosen = FACETS.map(({ field }) => (scope[field].length ? new Set(scope[field]) : null));
  const counts = Object.fromEntries(
    [...FACETS.map(({ field }) => field), YEARS].map((name) => [name, new Map()]),
  );
  const count = (name, value) => counts[name].set(value, (counts[name].get(value) ?? 0) + 1);
  const shown = reports.filter((report) => {
    if (!words.every((word) => report.folded.includes(word))) return false;
    const failed = FACETS.filter(({ of }, place) => chosen[place] && !chosen[place].has(of(report)));
    const inTime = isWithin(report, scope);
    const failures = failed.length + (inTime ? 0 : 1);
    if (failures > 1) return false;
    for (const { field, of } of failures ? failed : FACETS) if (of(report)) count(field, of(report));
    if (!failures || !inTime) count(YEARS, yearOf(report));
    return !failures;
  });
  return { shown, counts };
}
