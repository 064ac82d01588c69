/** Facts about a report in words: dates, languages, kinds of file, durations. */

import { UNKNOWN_LANGUAGE } from "./constants.js";
import { make } from "./controls/dom.js";
import { isKnown, numberIn, t, tag } from "./i18n.js";

/** What `Intl.DateTimeFormat` makes of a moment with these options. */
export function momentWords(moment, options) {
  const format = new Intl.DateTimeFormat(tag, options);
  return isKnown ? format.format(moment) : format.formatToParts(moment).map(ownWords).join("");
}

/** A part of an English date in the language's words; where English joins day and hour by a word, a space. */
function ownWords({ type, value }) {
  const name = value.slice(0, 3).toLowerCase();
  if (type === "weekday") return t(`weekday.${name}`);
  if (type === "month") return t(`month.${name}`);
  return type === "literal" && /\p{L}/u.test(value) ? " " : value;
}

/** An ISO date, possibly shortened, in the words of the interface's language. */
export function dateWords(published) {
  const parts = (published ?? "").split("-").map(Number);
  if (!published || parts.length > 3 || parts.some(Number.isNaN)) return published;
  const units = [{ year: "numeric" }, { month: "long" }, { day: "numeric" }].slice(0, parts.length);
  const day = new Date(Date.UTC(parts[0], (parts[1] ?? 1) - 1, parts[2] ?? 1));
  return momentWords(day, Object.assign({ timeZone: "UTC" }, ...units));
}

/** A moment, as ISO 8601 has it, in the words of the interface's language and the reader's own time. */
export const timeWords = (moment) => momentWords(new Date(moment), { dateStyle: "long", timeStyle: "short" });

/** The name of a language by its ISO 639 code. */
export function languageWords(code) {
  if (code === UNKNOWN_LANGUAGE) return t("language.unknown");
  try {
    return new Intl.DisplayNames(tag, { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/** Where a date was read, where that is not the report itself: the key of its words. */
const DATE_ORIGINS = {
  edit: "date.edit",
  sidecar: "date.sidecar",
  upload: "date.upload",
  "file name": "date.fileName",
  "file time": "date.fileTime",
};

/**
 * What is known of a report, a fact an element: author, publisher, date, then `more`; null is left out.
 *
 * They stand in a `.fn-facts`, which parts those on one line with a dot.
 */
export function factElements(report, ...more) {
  const author = report.author === report.publisher ? null : report.author;
  return [author, report.publisher, dateWords(report.published), ...more]
    .filter(Boolean)
    .flatMap((fact) => [" ", make("span", { class: "fn-fact" }, fact)])
    .slice(1);
}

/** The report's date, unless it is only that of its file, which says nothing of when it was issued. */
export const ownDate = (report) => (report.origins?.published === "file time" ? null : report.published);

export function dateOrigin(report) {
  const key = DATE_ORIGINS[report.origins?.published];
  return report.published && key ? t(key) : null;
}

/** Ascending numbers in words, neighbours joined: "3, 7–9". */
export function numberWords(numbers) {
  const runs = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  const words = runs.map(([first, last]) =>
    first === last ? numberIn(first) : `${numberIn(first)}–${numberIn(last)}`,
  );
  return words.join(t("list.comma"));
}

/** What kind of file a report was read from. */
export const kindWords = (kind) => {
  const key = `kind.${kind}`;
  const said = t(key);
  return said === key ? kind : said;
};

/** A length of time in the largest unit that it fills: "3 min", "40 sec". */
export function durationWords(seconds) {
  const [length, unit] = seconds >= 5400 ? [3600, "hours"] : seconds >= 60 ? [60, "minutes"] : [1, "seconds"];
  return t(`duration.${unit}`, { number: Math.max(1, Math.round(seconds / length)) });
}
