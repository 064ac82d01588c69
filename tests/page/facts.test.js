/** Facts about a report in words. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dateOrigin,
  dateWords,
  durationWords,
  kindWords,
  languageWords,
  numberWords,
  ownDate,
} from "../../ui/page/assets/facts.js";
import { t } from "../../ui/page/assets/i18n.js";

test("a date is written as far as it is known", () => {
  assert.equal(dateWords("2031-07-18"), "18 July 2031");
  assert.equal(dateWords("2031-07"), "July 2031");
  assert.equal(dateWords("2031"), "2031");
  assert.equal(dateWords(null), null);
  assert.equal(dateWords("spring 2031"), "spring 2031");
});

test("the date of a file is no date of the report, and other origins are named", () => {
  assert.equal(ownDate({ published: "2031", origins: { published: "file time" } }), null);
  assert.equal(ownDate({ published: "2031", origins: { published: "page" } }), "2031");
  assert.equal(dateOrigin({ published: "2031", origins: { published: "page" } }), null);
  assert.equal(dateOrigin({ published: "2031", origins: { published: "upload" } }), t("date.upload"));
});

test("languages and kinds of file have names; an unknown kind keeps its own", () => {
  assert.equal(languageWords("km"), "Khmer");
  assert.equal(languageWords("und"), t("language.unknown"));
  assert.equal(kindWords("pdf"), "PDF");
  assert.equal(kindWords("xyz"), "xyz");
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
