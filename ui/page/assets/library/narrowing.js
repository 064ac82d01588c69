/** Chooses the reports that the list shows, counts the values of each filter, and sorts and groups the reports. */

import { tag } from "../i18n.js";

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

// Folding

const PLAIN = /^[\x20-\x7e]*$/;
const IGNORED = /[\u0300-\u036f\p{Cf}\p{Cs}]+/gu; // not the vowel and tone signs of other scripts
const LETTERS = { đ: "d", ł: "l", ø: "o", ı: "i", ß: "ss", ς: "σ" };
const bare = (text) => text.normalize("NFKD").replace(IGNORED, "");

/** Folds text as the server does (index/text/find.py): "Lũ LỤT" becomes "lu lut". */
export function fold(text) {
  const folded = PLAIN.test(text)
    ? text.toLowerCase()
    : bare(bare(text).toLowerCase())
        .replace(/[đłøıßς]/g, (letter) => LETTERS[letter])
        .normalize("NFC");
  return folded.replace(/\s+/g, " ").trim();
}

// Months

const MONTH = /^(\d{4})(?:-(\d{2}))?/;
const written = (year, month) => `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;

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

// Ordering

const collator = new Intl.Collator(tag, { numeric: true, sensitivity: "base" });
const byTitle = (a, b) => collator.compare(a.title, b.title);
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

const byDate = (direction) => (a, b) => {
  const [one, other] = [a.published, b.published];
  if (!one || !other) return (one ? 0 : 1) - (other ? 0 : 1) || byTitle(a, b);
  return direction * compare(one, other) || byTitle(a, b);
};

const ORDERS = {
  newest: byDate(-1),
  oldest: byDate(1),
  title: byTitle,
  added: (a, b) => compare(b.added, a.added) || byTitle(a, b),
};

const GROUPS = { collection: (report) => report.collection, publisher: (report) => report.publisher };
export const ORDER_NAMES = Object.keys(ORDERS);
export const GROUP_NAMES = Object.keys(GROUPS);
export const sorted = (reports, order) => [...reports].sort(ORDERS[order]);

/** Groups reports under headings; `name` is null for the reports without a collection or publisher. */
function groupsOf(shown, group) {
  const groups = new Map();
  for (const report of shown) {
    const name = GROUPS[group](report) || null;
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(report);
  }
  const named = [...groups].sort(
    ([a], [b]) => (a === null) - (b === null) || collator.compare(a ?? "", b ?? ""),
  );
  return named.map(([name, members]) => ({ id: `${group} ${name ?? ""}`, group, name, members }));
}

/**
 * Returns the items of the long list: reports, and the headings of their groups. `added` has the ids of new
 * reports, the latest first, which come at the top. `folded` has the ids of the groups of which the list
 * shows only the heading.
 */
export function itemsOf(shown, { group, added, folded }) {
  const known = new Map(shown.map((report) => [report.document_id, report]));
  const fresh = added.map((id) => known.get(id)).filter(Boolean);
  const rest = fresh.length ? shown.filter((report) => !fresh.includes(report)) : shown;
  const groups = group
    ? groupsOf(rest, group)
    : [{ id: "rest", group: fresh.length ? "rest" : null, members: rest }];
  if (fresh.length && !rest.length) groups.length = 0;
  if (fresh.length) groups.unshift({ id: "added", group: "added", members: fresh });
  const items = [];
  let position = 0;
  for (const { id, group: kind, name, members } of groups) {
    const isFolded = folded.has(id);
    if (kind)
      items.push({ key: id, of: { id, group: kind, name, count: members.length, isFolded }, position: null });
    if (isFolded) position += members.length;
    else
      for (const report of members) items.push({ key: report.document_id, of: report, position: ++position });
  }
  return items;
}
