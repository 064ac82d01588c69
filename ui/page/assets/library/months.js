/**
 * Converts between the months of a date filter and the dates of a scope.
 *
 * A scope's dates are exclusive, and may be a whole month or year: "from March 2024" means after "2024-02",
 * and "to December 2025" means before "2026". A filter of whole years thus includes reports with only a year.
 */

const MONTH = /^(\d{4})(?:-(\d{2}))?/;

const written = (year, month) => `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;

/** Returns the month `steps` after another, both as "2031-07". */
function moved(month, steps) {
  const [year, number] = month.split("-").map(Number);
  const months = year * 12 + (number - 1) + steps;
  return written(Math.floor(months / 12), (months % 12) + 1);
}

/** Parses a month that the user types; a year alone gets the month `otherwise`; null if invalid. */
export function monthOf(words, otherwise) {
  const [, year, month = otherwise] = /^\s*(\d{4})(?:[-/.](\d{1,2}))?\s*$/.exec(words) ?? [];
  return year && Number(month) >= 1 && Number(month) <= 12 ? written(year, Number(month)) : null;
}

/** The dates of a scope for reports from a month on, and up to a month. */
export const afterOf = (from) =>
  from && (from.endsWith("-01") ? moved(from, -1).slice(0, 4) : moved(from, -1));
export const beforeOf = (to) => to && (to.endsWith("-12") ? moved(to, 1).slice(0, 4) : moved(to, 1));

/** The first and the last month that the dates of a scope include; null without a date. */
export function fromOf(after) {
  const [, year, month] = MONTH.exec(after ?? "") ?? [];
  if (!year) return null;
  // After a day, the rest of its month is still included.
  return after.length > 7 ? written(year, Number(month)) : moved(written(year, Number(month ?? 12)), 1);
}

export function toOf(before) {
  const [, year, month] = MONTH.exec(before ?? "") ?? [];
  if (!year) return null;
  return before.length > 7 ? written(year, Number(month)) : moved(written(year, Number(month ?? 1)), -1);
}
