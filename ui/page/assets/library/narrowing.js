/** Finds the reports that match the scope and the search, and counts them by the values of each facet. */

import { fold } from "../folding.js";

/** The facets other than the date: the field of the scope, and a report's value. */
export const FACETS = [
  { field: "publishers", of: (report) => report.publisher },
  { field: "collections", of: (report) => report.collection },
  { field: "languages", of: (report) => report.language },
  { field: "kinds", of: (report) => report.kind },
];

export const YEARS = "years";
const UNDATED = null;

const yearOf = ({ published }) => (published ? Number(published.slice(0, 4)) : UNDATED);

/** Returns whether a report's date is within the dates of a scope; the server compares them in the same way. */
function isWithin({ published }, { published_after: after, published_before: before }) {
  if (!after && !before) return true;
  if (!published) return false;
  return (!after || (published > after && !published.startsWith(after))) && (!before || published < before);
}

/**
 * Returns the reports that match a scope and a search, in their given order, and the counts of the facets.
 *
 * `counts` has a Map for each facet and for the years. For each value, the Map has the number of reports that
 * would match if only this value of the facet were chosen. Reports without a date count under null.
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
