/** The order of the list: how it is sorted, what stands together, and the items that it is made of. */

import { ownDate } from "../facts.js";
import { tag } from "../i18n.js";

const collator = new Intl.Collator(tag, { numeric: true, sensitivity: "base" });

const byTitle = (a, b) => collator.compare(a.title, b.title);
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** By date, in either direction; what has none comes last. */
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

/** The reports in an order, by its name. */
export const sorted = (reports, order) => [...reports].sort(ORDERS[order]);

/** Reports that stand together under a heading: `name` is null for those that have none. */
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
 * What a virtual list shows: reports, and headings above groups of them.
 *
 * `added` are the numbers of reports that were just added, the last first: they stand on top. `folded` has the
 * ids of the groups of which only the heading is shown.
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
