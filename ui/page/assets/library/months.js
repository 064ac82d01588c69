/**
 * Months from and to which reports were published, and the dates that a scope has of them.
 *
 * A scope's dates are exclusive, and a month or a year as a whole: from March 2024 is after "2024-02", to
 * December 2025 is before "2026". So a report of which only the year is known is there when its year is.
 */

const MONTH = /^(\d{4})(?:-(\d{2}))?/;

const written = (year, month) => `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;

/** The month `steps` after another, both as "2031-07". */
function moved(month, steps) {
  const [year, number] = month.split("-").map(Number);
  const months = year * 12 + (number - 1) + steps;
  return written(Math.floor(months / 12), (months % 12) + 1);
}

/** A month that a person wrote, where a year alone stands for its first or last; null where it is none. */
export function monthOf(words, otherwise) {
  const [, year, month = otherwise] = /^\s*(\d{4})(?:[-/.](\d{1,2}))?\s*$/.exec(words) ?? [];
  return year && Number(month) >= 1 && Number(month) <= 12 ? written(year, Number(month)) : null;
}

/** What a scope says for reports from a month on, and up to one. */
export const afterOf = (from) =>
  from && (from.endsWith("-01") ? moved(from, -1).slice(0, 4) : moved(from, -1));
export const beforeOf = (to) => to && (to.endsWith("-12") ? moved(to, 1).slice(0, 4) : moved(to, 1));

/** The months that a scope's dates stand for; null where it has none. */
export function fromOf(after) {
  const [, year, month] = MONTH.exec(after ?? "") ?? [];
  if (!year) return null;
  // After a day, the rest of its month is still there.
  return after.length > 7 ? written(year, Number(month)) : moved(written(year, Number(month ?? 12)), 1);
}

export function toOf(before) {
  const [, year, month] = MONTH.exec(before ?? "") ?? [];
  if (!year) return null;
  return before.length > 7 ? written(year, Number(month)) : moved(written(year, Number(month ?? 1)), -1);
}
