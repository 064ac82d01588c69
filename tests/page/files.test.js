/** Files out of a chosen folder, under names of their own and with the folder as their collection. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { filesOf, filesOfFolder } from "../../ui/page/assets/ingest/files.js";

const file = (path) => ({ name: path.split("/").at(-1), webkitRelativePath: path });
const named = ({ files }) => files.map(({ name, collection }) => [name, collection]);

const fileEntry = (name) => ({ name, isDirectory: false, file: (done) => done(file(name)) });
const broken = (name) => ({ name, isDirectory: false, file: (_, failed) => failed(new Error("gone")) });
const folder = (name, ...entries) => ({
  name,
  isDirectory: true,
  createReader: () => ({ readEntries: (done) => done(entries.splice(0)) }),
});

test("the folder is the collection of its files, however deep they lie", () => {
  const found = filesOfFolder(["dams/a.pdf", "dams/2024/b.txt"].map(file));
  assert.deepEqual(named(found), [
    ["a.pdf", "dams"],
    ["b.txt", "dams"],
  ]);
  assert.equal(found.left, 0);
});

test("a name that is there twice has its folders before it", () => {
  assert.deepEqual(named(filesOfFolder(["dams/2023/a.pdf", "dams/2024/a.pdf", "dams/b.pdf"].map(file))), [
    ["2023 – a.pdf", "dams"],
    ["2024 – a.pdf", "dams"],
    ["b.pdf", "dams"],
  ]);
});

test("files of unknown kinds are counted, and what programs keep beside files is ignored", () => {
  const found = filesOfFolder(
    ["dams/a.PDF", "dams/film.mp4", "dams/.DS_Store", "dams/~$a.docx", "dams/a.pdf.meta.yaml"].map(file),
  );
  assert.deepEqual(named(found), [["a.PDF", "dams"]]);
  assert.equal(found.left, 1);
});

test("dropped folders are read in the order of their names, and what cannot be opened is counted", async () => {
  const entry = folder("dams", fileEntry("b.pdf"), broken("c.pdf"), folder("2024", fileEntry("a.pdf")));
  const found = await filesOf([{ entry, file: null }]);
  assert.deepEqual(named(found), [
    ["a.pdf", "dams"],
    ["b.pdf", "dams"],
  ]);
  assert.equal(found.unread, 1);
});

test("a file of the same name in two dropped folders has its folder before its name", async () => {
  const dropped = [folder("north", fileEntry("a.pdf")), folder("south", fileEntry("a.pdf"))];
  const found = await filesOf(dropped.map((entry) => ({ entry, file: null })));
  assert.deepEqual(named(found), [
    ["north – a.pdf", "north"],
    ["south – a.pdf", "south"],
  ]);
});

test("a file that is dropped alone is in no collection", async () => {
  const found = await filesOf([{ entry: null, file: file("a.pdf") }]);
  assert.deepEqual(named(found), [["a.pdf", undefined]]);
});
