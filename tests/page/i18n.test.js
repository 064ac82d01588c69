/** The strings of the interface, with their values, plurals and lists. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { listed, numberIn, parts, t } from "../../ui/page/assets/i18n.js";

test("the count chooses the form of the plural, and numbers are written as the language writes them", () => {
  assert.equal(t("library.count", { count: 1 }), "1 report");
  assert.equal(t("library.count", { count: 12_000 }), "12,000 reports");
  assert.equal(numberIn(1234.5), "1,234.5");
});

test("a value is put in as it is, even where it looks like a place", () => {
  assert.equal(t("removal.done", { title: "{count} <b>" }), "Deleted “{count} <b>”.");
});

test("a key without a string stands for itself", () => assert.equal(t("no.such.key"), "no.such.key"));

test("parts keep nodes apart from words", () => {
  const node = { node: true };
  assert.deepEqual(parts("about.same", { reports: [node] }), ["The same text is in ", node, "."]);
});

test("things are listed with commas and a last and", () => {
  assert.equal(listed(["A"]).join(""), "A");
  assert.equal(listed(["A", "B", "C"]).join(""), "A, B and C");
});
