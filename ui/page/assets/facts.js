/** Writes facts in words: dates, times, languages, file formats, durations, numbers of bytes. */

import { UNKNOWN_LANGUAGE } from "./constants.js";
import { make } from "./controls/dom.js";
import { isKnown, numberIn, t, tag } from "./i18n.js";

/** Formats a moment with the options of `Intl.DateTimeFormat`, also in a language that the browser lacks. */
export function momentWords(moment, options) {
  const format = new Intl.DateTimeFormat(tag, options);
  return isKnown ? format.format(moment) : format.formatToParts(moment).map(ownWords).join("");
}

/** Translates a part of an English date; a word that joins date and time in English becomes a space. */
function ownWords({ type, value }) {
  const name = value.slice(0, 3).toLowerCase();
  if (type === "weekday") return t(`weekday.${name}`);
  if (type === "month") return t(`month.${name}`);
  return type === "literal" && /\p{L}/u.test(value) ? " " : value;
}

/** Writes an ISO date, which may be only a year or a month, in the interface's language. */
export function dateWords(published) {
  const parts = (published ?? "").split("-").map(Number);
  if (!published || parts.length > 3 || parts.some(Number.isNaN)) return published;
  const units = [{ year: "numeric" }, { month: "long" }, { day: "numeric" }].slice(0, parts.length);
  const day = new Date(Date.UTC(parts[0], (parts[1] ?? 1) - 1, parts[2] ?? 1));
  return momentWords(day, Object.assign({ timeZone: "UTC" }, ...units));
}

export const timeWords = (moment) => momentWords(new Date(moment), { dateStyle: "long", timeStyle: "short" });

export function languageWords(code) {
  if (code === UNKNOWN_LANGUAGE) return t("language.unknown");
  try {
    return new Intl.DisplayNames(tag, { type: "language" }).of(code);
  } catch {
    return code;
  }
}

const DATE_ORIGINS = {
  edit: "date.edit",
  sidecar: "date.sidecar",
  upload: "date.upload",
  "file name": "date.fileName",
};

/**
 * Returns an element for each known fact of a report: author, publisher, date, then `more`. The container has
 * the class `fn-facts`, which puts a dot between facts on one line.
 */
export function factElements(report, ...more) {
  const author = report.author === report.publisher ? null : report.author;
  return [author, report.publisher, dateWords(report.published), ...more]
    .filter(Boolean)
    .flatMap((fact) => [" ", make("span.fn-fact", fact)])
    .slice(1);
}

export function dateOrigin(report) {
  const key = DATE_ORIGINS[report.origins?.published];
  return report.published && key ? t(key) : null;
}

/** Writes the printed number of a page and its sheet: "34 (sheet 36)"; one number if they are the same. */
export function pageWords(page, labels = []) {
  const label = labels[page - 1];
  return label && label !== String(page) ? t("pages.sheet", { label, sheet: page }) : page;
}

/** Returns the sheet that has a printed number, or else that number of sheets; NaN for neither. */
export function sheetOf(words, labels = []) {
  const asked = words.trim().toLowerCase();
  const at = labels.findIndex((label) => label?.toLowerCase() === asked);
  return at >= 0 ? at + 1 : Number.parseInt(/^\d+$/.test(asked) ? asked : "", 10);
}

/** Writes ascending numbers, with each run of consecutive ones as a range: "3, 7–9". */
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

export const kindWords = (kind) => {
  const key = `kind.${kind}`;
  const said = t(key);
  return said === key ? kind : said;
};

/** Writes a duration in hours (from 90 minutes on), minutes or seconds: "3 min", "40 sec". */
export function durationWords(seconds) {
  const [length, unit] = seconds >= 5400 ? [3600, "hours"] : seconds >= 60 ? [60, "minutes"] : [1, "seconds"];
  return t(`duration.${unit}`, { number: Math.max(1, Math.round(seconds / length)) });
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** Writes a number of bytes in the largest unit that leaves a whole number: "3.4 MB". */
export function bytesWords(bytes) {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const format = new Intl.NumberFormat(tag, {
    style: "unit",
    unit: UNITS[power],
    unitDisplay: power ? "short" : "long",
    maximumFractionDigits: power > 1 ? 1 : 0,
  });
  return format.format(bytes / 1000 ** power).replaceAll(" ", "\u00a0");
}

// Days

const DAY = 86_400_000; // milliseconds
const RECENT = 7; // days

const startOfDay = (time) => new Date(time).setHours(0, 0, 0, 0);
const daysAgo = (time, now) => Math.round((startOfDay(now) - startOfDay(time)) / DAY);

export function groupOf(updated, now = Date.now()) {
  const days = daysAgo(new Date(updated), now);
  if (days <= 0) return "today";
  if (days === 1) return "yesterday";
  return days <= RECENT ? "week" : "earlier";
}

/** Writes a time as its group needs it: the hour, the weekday, or the date. */
export function whenWords(updated, now = Date.now()) {
  const time = new Date(updated);
  const options = {
    today: { timeStyle: "short" },
    yesterday: { timeStyle: "short" },
    week: { weekday: "long" },
    earlier: { day: "numeric", month: "short", year: "numeric" },
  }[groupOf(updated, now)];
  return momentWords(time, options);
}

export const exactly = (updated) => momentWords(new Date(updated), { dateStyle: "long", timeStyle: "short" });
export const groupWords = (group) => t(`history.${group}`);
