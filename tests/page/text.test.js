/** Places in a text, and rows of tables as people read them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { codePoints, readable, unitsIn } from "../../ui/page/assets/source/text.js";

test("a string has as many code points as characters, though some take two units", () => {
  assert.equal(codePoints(""), 0);
  assert.equal(codePoints("gate"), 4);
  assert.equal(codePoints("a𝒳b😀"), 4);
  assert.equal(codePoints("ទឹក"), 3);
});

test("offsets of the document become units of the part that begins at an offset of its own", () => {
  const unit = unitsIn({ start: 100, text: "a𝒳b😀c" }, [105, 100, 102, 103, 101]);
  assert.deepEqual([100, 101, 102, 103, 105].map(unit), [0, 1, 3, 4, 7]);
});

test("an offset behind the part is its end", () => {
  assert.equal(unitsIn({ start: 0, text: "a𝒳" }, [9])(9), 3);
});

// Tables

test("cells are parted by middle dots, and empty ones left out", () => {
  assert.equal(readable("Mill | $ 80 |  | $ 70"), "Mill · $ 80 · $ 70");
  assert.equal(readable(" | 2031\nMill | 80\nA|B  is kept"), "2031\nMill · 80\nA|B  is kept");
});
