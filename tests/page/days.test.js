/** Conversations stand under the day of their last answer, in the reader's own time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { groupOf, whenWords } from "../../ui/page/assets/facts.js";

const NOW = new Date(2031, 6, 18, 9, 30).getTime();
const at = (day, hour) => new Date(2031, 6, day, hour).toISOString();

test("midnight divides the days, and a week is seven of them", () => {
  const moments = [at(18, 0), at(17, 23), at(17, 1), at(16, 12), at(11, 12), at(10, 12)];
  assert.deepEqual(
    moments.map((moment) => groupOf(moment, NOW)),
    ["today", "yesterday", "yesterday", "week", "week", "earlier"],
  );
});

test("a clock that is ahead of this one makes no tomorrow", () =>
  assert.equal(groupOf(at(19, 1), NOW), "today"));

test("a moment is told by the hour, the weekday or the date, as its group needs it", () => {
  assert.equal(whenWords(at(18, 8), NOW), "08:00");
  assert.equal(whenWords(at(17, 23), NOW), "23:00");
  assert.equal(whenWords(at(14, 12), NOW), "Monday");
  assert.equal(whenWords(at(1, 12), NOW), "1 Jul 2031");
});
