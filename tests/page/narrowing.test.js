/** Which reports a scope and the searched words leave, and how many there are of each value. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  afterOf,
  beforeOf,
  fold,
  fromOf,
  itemsOf,
  monthOf,
  narrowed,
  sorted,
  toOf,
} from "../../ui/page/assets/library/narrowing.js";

const report = (title, publisher, published, kind = "pdf") => ({
  title,
  publisher,
  published,
  kind,
  collection: null,
  language: "en",
  folded: fold(`${title}\n${publisher ?? ""}`),
});

const DAMS = report("Dams of Đà Nẵng", "River Board", "2024-05-02");
const GATES = report("Gates", "River Board", "2025", "docx");
const SIRENS = report("Sirens", "City", null);
const ALL = [DAMS, GATES, SIRENS];
const WHOLE = {
  publishers: [],
  collections: [],
  languages: [],
  kinds: [],
  published_after: null,
  published_before: null,
};

const shown = (scope, sought) => narrowed(ALL, { ...WHOLE, ...scope }, sought).shown;

test("a scope that names nothing leaves every report, in the given order", () => {
  assert.deepEqual(shown({}), ALL);
});

test("a report is found by words of its title and publisher, without case and accents", () => {
  assert.deepEqual(shown({}, "da nang BOARD"), [DAMS]);
  assert.deepEqual(shown({}, "board city"), []);
});

test("values of one facet add up, and facets narrow each other", () => {
  assert.deepEqual(shown({ publishers: ["City", "River Board"] }), ALL);
  assert.deepEqual(shown({ publishers: ["River Board"], kinds: ["docx"] }), [GATES]);
});

test("dates are exclusive, and a report without a date is outside of every period", () => {
  assert.deepEqual(shown({ published_after: "2023" }), [DAMS, GATES]);
  assert.deepEqual(shown({ published_after: "2024" }), [GATES]);
  assert.deepEqual(shown({ published_before: "2025" }), [DAMS]);
});

test("each value is counted as if it were chosen and the other facets stayed as they are", () => {
  const { counts } = narrowed(ALL, { ...WHOLE, publishers: ["City"], kinds: [] });
  assert.deepEqual([...counts.publishers].sort(), [
    ["City", 1],
    ["River Board", 2],
  ]);
  assert.deepEqual([...counts.kinds], [["pdf", 1]]);
  assert.deepEqual([...counts.years], [[null, 1]]);
});

// Folding

const CASES = [
  ["Lũ LỤT ở Đà Nẵng", "lu lut o da nang"],
  ["STRASSE Straße", "strasse strasse"],
  ["Ærø, Łódź, ΟΔΟΣ όδος, Ёлка", "æro, lodz, οδοσ οδοσ, елка"],
  ["Ｇａｔｅ　３ ﬁve", "gate 3 five"],
  ["ទឹក\u200bជំនន់", "ទឹកជំនន់"],
  ["น้ำท่วม", "น้ําท่วม"],
  ["洪水 가 각 が", "洪水 가 각 が"],
  ["soft\u00adhyphen\n\ta\u2028b", "softhyphen a b"],
  ["half a pair\ud800", "half a pair"],
  ["", ""],
];

for (const [text, folded] of CASES)
  test(`"${text.replace(/\s+/g, " ")}" is folded to "${folded}"`, () => assert.equal(fold(text), folded));

test("another vowel of Khmer makes another word", () => assert.notEqual(fold("ទឹក"), fold("ទុក")));

test("folding a folded text changes nothing", () => {
  for (const [text] of CASES) assert.equal(fold(fold(text)), fold(text));
});

// Months

const PAIRS = [
  { months: ["2024-03", "2025-06"], dates: ["2024-02", "2025-07"] },
  { months: ["2024-01", "2025-12"], dates: ["2023", "2026"] },
  { months: [null, null], dates: [null, null] },
];

for (const { months, dates } of PAIRS)
  test(`from ${months[0]} to ${months[1]} is after ${dates[0]} and before ${dates[1]}, and back`, () => {
    assert.deepEqual([afterOf(months[0]), beforeOf(months[1])], dates);
    assert.deepEqual([fromOf(dates[0]), toOf(dates[1])], months);
  });

test("a month may be written in several ways, and a year stands for its first or last month", () => {
  assert.equal(monthOf("2031-07", "01"), "2031-07");
  assert.equal(monthOf(" 2031/7 ", "01"), "2031-07");
  assert.equal(monthOf("2031.12", "01"), "2031-12");
  assert.equal(monthOf("2031", "01"), "2031-01");
  assert.equal(monthOf("2031", "12"), "2031-12");
});

test("what is no month is refused", () => {
  for (const words of ["", "2031-13", "2031-00", "31-07", "July 2031"])
    assert.equal(monthOf(words, "01"), null);
});

test("a scope's day stands for its month, since the rest of the month is still within it", () => {
  assert.equal(fromOf("2031-07-18"), "2031-07");
  assert.equal(toOf("2031-07-18"), "2031-07");
});

// Ordering

const listed = (document_id, title, published, added, collection = null) => ({
  document_id,
  title,
  published,
  added,
  collection,
  publisher: null,
});

const NINE = listed(9, "Report 9", "2024-05", "2031-07-18T10:00:00Z", "dams");
const TEN = listed(10, "Report 10", null, "2031-07-19T10:00:00Z");
const OLD = listed(11, "archive", "1999", "2031-07-17T10:00:00Z", "dams");
const LISTED = [TEN, NINE, OLD];

const keys = (items) => items.map(({ key }) => key);

test("reports are sorted by date, title or when they were added; without a date they come last", () => {
  assert.deepEqual(sorted(LISTED, "newest"), [NINE, OLD, TEN]);
  assert.deepEqual(sorted(LISTED, "oldest"), [OLD, NINE, TEN]);
  assert.deepEqual(sorted(LISTED, "title"), [OLD, NINE, TEN]);
  assert.deepEqual(sorted(LISTED, "added"), [TEN, NINE, OLD]);
});

test("without groups the list is the reports alone, counted from 1", () => {
  const items = itemsOf(LISTED, { group: null, added: [], folded: new Set() });
  assert.deepEqual(keys(items), [10, 9, 11]);
  assert.deepEqual(
    items.map(({ position }) => position),
    [1, 2, 3],
  );
});

test("a group has a heading above its reports, and what is in no group comes last", () => {
  const items = itemsOf(LISTED, { group: "collection", added: [], folded: new Set() });
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
  const items = itemsOf(LISTED, { group: "collection", added: [], folded: new Set(["collection dams"]) });
  assert.deepEqual(keys(items), ["collection dams", "collection ", 10]);
  assert.equal(items.at(-1).position, 3);
});

test("reports that were just added stand on top under a heading of their own", () => {
  const items = itemsOf(LISTED, { group: null, added: [11], folded: new Set() });
  assert.deepEqual(keys(items), ["added", 11, "rest", 10, 9]);
});
