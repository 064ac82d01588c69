/** Facts about a report in words, and times as a list of conversations needs them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dateOrigin,
  dateWords,
  durationWords,
  groupOf,
  kindWords,
  languageWords,
  numberWords,
  sheetOf,
  whenWords,
} from "../../ui/page/assets/facts.js";
import { t } from "../../ui/page/assets/i18n.js";

test("a date is written as far as it is known", () => {
  assert.equal(dateWords("2031-07-18"), "18 July 2031");
  assert.equal(dateWords("2031-07"), "July 2031");
  assert.equal(dateWords("2031"), "2031");
  assert.equal(dateWords(null), null);
  assert.equal(dateWords("spring 2031"), "spring 2031");
});

test("a date that is not the report's own word is named by its origin", () => {
  assert.equal(dateOrigin({ published: "2031", origins: { published: "page" } }), null);
  assert.equal(dateOrigin({ published: "2031", origins: { published: "upload" } }), t("date.upload"));
});

test("languages and kinds of file have names; an unknown kind keeps its own", () => {
  assert.equal(languageWords("km"), "Khmer");
  assert.equal(languageWords("und"), t("language.unknown"));
  assert.equal(kindWords("pdf"), "PDF");
  assert.equal(kindWords("xyz"), "xyz");
});

test("a page is found by its printed number, and by its sheet where none has that number", () => {
  const labels = [null, "i", "ii", "1", "2"];
  assert.equal(sheetOf(" 2 ", labels), 5);
  assert.equal(sheetOf("II", labels), 3);
  assert.equal(sheetOf("3", labels), 3);
  assert.equal(sheetOf("x", labels), Number.NaN);
  assert.equal(sheetOf("2"), 2);
});

test("neighbouring numbers are joined", () => {
  assert.equal(numberWords([3, 7, 8, 9, 12]), "3, 7–9, 12");
  assert.equal(numberWords([]), "");
});

test("a duration is told in the largest unit that it fills", () => {
  assert.equal(durationWords(0), "1 sec");
  assert.equal(durationWords(40), "40 sec");
  assert.equal(durationWords(185), "3 min");
  assert.equal(durationWords(7200), "2 hr");
});

// Days

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
