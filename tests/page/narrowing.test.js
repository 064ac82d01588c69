/** Which reports a scope and the searched words leave, and how many there are of each value. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, narrowed } from "../../ui/page/assets/library/narrowing.js";

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
