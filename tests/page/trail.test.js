/** The links of footnotes, and the way from one footnote to the next. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { hrefOf, moved, placeOf } from "../../ui/page/assets/source/trail.js";

const PLACE = { id: 7, version: 2, quote: { start: 140, end: 163 } };

test("a link names a report, its version and the quote, and is read back", () => {
  assert.equal(hrefOf(PLACE), "#cite-7-2-140-163");
  assert.deepEqual(placeOf("#cite-7-2-140-163"), PLACE);
});

test("a link to a row of which one cell is meant names the cell, too", () => {
  const row = { ...PLACE, quote: { ...PLACE.quote, cell: { start: 150, end: 155 } } };
  assert.equal(hrefOf(row), "#cite-7-2-140-163-150-155");
  assert.deepEqual(placeOf("#cite-7-2-140-163-150-155"), row);
});

test("other links name no place", () => {
  for (const href of ["", null, "#top", "#cite-7-2-140", "#cite-7-2-140-163-1", "/#cite-7-2-140-163"])
    assert.equal(placeOf(href), undefined);
});

test("a trail ends at its first and last footnote", () => {
  const trail = { answer: null, hrefs: ["#a", "#b"], at: 0 };
  assert.deepEqual(moved(trail, 1), { ...trail, at: 1 });
  assert.equal(moved(trail, -1), null);
  assert.equal(moved({ ...trail, at: 1 }, 1), null);
});
