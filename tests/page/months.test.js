/** Months that a reader chooses, and the exclusive dates of a scope that stand for them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { afterOf, beforeOf, fromOf, monthOf, toOf } from "../../ui/page/assets/library/narrowing.js";

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
