/** How numbers, dates and what is known of a report are said in words. */

export const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** An ISO date, possibly shortened, as English words. */
export function dateWords(published) {
  const parts = (published ?? "").split("-").map(Number);
  if (!published || parts.length > 3 || parts.some(Number.isNaN)) return published;
  const units = [{ year: "numeric" }, { month: "long" }, { day: "numeric" }].slice(0, parts.length);
  const day = new Date(Date.UTC(parts[0], (parts[1] ?? 1) - 1, parts[2] ?? 1));
  return new Intl.DateTimeFormat("en-GB", Object.assign({ timeZone: "UTC" }, ...units)).format(day);
}

/** Where a date was read, in words, where that is not the report itself. */
const DATE_ORIGINS = {
  sidecar: "date from the note beside the file",
  upload: "date given at upload",
  "file name": "date from the file’s name",
  "file time": "date from the file’s time",
};

/** What is known of a report on one line: author, publisher, date, then `more`; what is null is left out. */
export function facts(report, ...more) {
  const author = report.author === report.publisher ? null : report.author;
  return [author, report.publisher, dateWords(report.published), ...more].filter(Boolean).join(" · ");
}

/** The report's date, unless it is only that of its file, which says nothing of when it was issued. */
export const ownDate = (report) => (report.origins?.published === "file time" ? null : report.published);

export const dateOrigin = (report) =>
  report.published ? (DATE_ORIGINS[report.origins?.published] ?? null) : null;

/** Ascending numbers in words, neighbours joined: "3, 7–9". */
export function numberWords(numbers) {
  const runs = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
}
