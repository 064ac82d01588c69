/** The order of the list of reports, its groups, and the items that it shows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUP_NAMES, itemsOf, ORDER_NAMES, sorted } from "../../ui/page/assets/library/narrowing.js";

const report = (document_id, title, published, added, collection = null) => ({
  document_id,
  title,
  published,
  added,
  collection,
  publisher: null,
});

const NINE = report(9, "Report 9", "2024-05", "2031-07-18T10:00:00Z", "dams");
const TEN = report(10, "Report 10", null, "2031-07-19T10:00:00Z");
const OLD = report(11, "archive", "1999", "2031-07-17T10:00:00Z", "dams");
const ALL = [TEN, NINE, OLD];

const keys = (items) => items.map(({ key }) => key);

test("the orders and groups have names", () => {
  assert.deepEqual(ORDER_NAMES, ["newest", "oldest", "title", "added"]);
  assert.deepEqual(GROUP_NAMES, ["collection", "publisher"]);
});

test("reports are sorted by date, title or when they were added; without a date they come last", () => {
  assert.deepEqual(sorted(ALL, "newest"), [NINE, OLD, TEN]);
  assert.deepEqual(sorted(ALL, "oldest"), [OLD, NINE, TEN]);
  assert.deepEqual(sorted(ALL, "title"), [OLD, NINE, TEN]);
  assert.deepEqual(sorted(ALL, "added"), [TEN, NINE, OLD]);
});

test("the date of a file says nothing of when its report was published", () => {
  const filed = { ...NINE, origins: { published: "file time" } };
  assert.deepEqual(sorted([filed, OLD], "newest"), [OLD, filed]);
});

test("without groups the list is the reports alone, counted from 1", () => {
  const items = itemsOf(ALL, { group: null, added: [], folded: new Set() });
  assert.deepEqual(keys(items), [10, 9, 11]);
  assert.deepEqual(
    items.map(({ position }) => position),
    [1, 2, 3],
  );
});

test("a group has a heading above its reports, and what is in no group comes last", () => {
  const items = itemsOf(ALL, { group: "collection", added: [], folded: new Set() });
  assert.deepEqual(keys(items), ["collection dams", 9, 11, "collection ", 10]);
  assert.deepEqual(items[0].of, {
    id: "collection dams",
    group: "collection",
    name: "dams",
    count: 2,
    isFolded: false,
  });
});

test("of a closed group only the heading is shown, and its reports still count", () => {
  const items = itemsOf(ALL, { group: "collection", added: [], folded: new Set(["collection dams"]) });
  assert.deepEqual(keys(items), ["collection dams", "collection ", 10]);
  assert.equal(items.at(-1).position, 3);
});

test("reports that were just added stand on top under a heading of their own", () => {
  const items = itemsOf(ALL, { group: null, added: [11], folded: new Set() });
  assert.deepEqual(keys(items), ["added", 11, "rest", 10, 9]);
});
