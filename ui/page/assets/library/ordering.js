/** Sorts and groups the reports of the list. */

import { ownDate } from "../facts.js";
import { tag } from "../i18n.js";

const collator = new Intl.Collator(tag, { numeric: true, sensitivity: "base" });

const byTitle = (a, b) => collator.compare(a.title, b.title);
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** Compares by date in a direction; reports without a date come last. */
const byDate = (direction) => (a, b) => {
  const [one, other] = [ownDate(a), ownDate(b)];
  if (!one || !other) return (one ? 0 : 1) - (other ? 0 : 1) || byTitle(a, b);
  return direction * compare(one, other) || byTitle(a, b);
};

const ORDERS = {
  newest: byDate(-1),
  oldest: byDate(1),
  title: byTitle,
  added: (a, b) => compare(b.added, a.added) || byTitle(a, b),
};

const GROUPS = {
  collection: (report) => report.collection,
  publisher: (report) => report.publisher,
};

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
 * Returns the items of the virtual list: reports, and the headings of their groups.
 *
 * `added` has the ids of new reports, the latest first, which come at the top. `folded` has the ids of the
 * groups of which the list shows only the heading.
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
