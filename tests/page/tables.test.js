/** The words of table rows as people read them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readable } from "../../ui/page/assets/source/text.js";

test("cells are parted by middle dots, and empty ones left out", () => {
  assert.equal(readable("Mill | $ 80 |  | $ 70"), "Mill · $ 80 · $ 70");
  assert.equal(readable(" | 2031\nMill | 80\nA|B  is kept"), "2031\nMill · 80\nA|B  is kept");
});
