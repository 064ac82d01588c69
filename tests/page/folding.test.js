/** The page folds texts as the server does: the cases are those of tests/index/text/test_normalize.py. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../../ui/page/assets/library/narrowing.js";

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
