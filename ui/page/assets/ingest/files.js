/** Collects files from a drop or a file dialog; a folder's name becomes the collection of its files. */

import { MAX_COLLECTION_CHARACTERS, SUFFIXES } from "../constants.js";
import { make } from "../controls/dom.js";
import { t } from "../i18n.js";

const suffixOf = (name) => /\.[^.]*$/.exec(name)?.[0].toLowerCase();

/** Returns false for hidden and system files, temporary Office files, and sidecars. */
const isMeant = (name) => !/^(\.|~\$)|^(thumbs\.db|desktop\.ini)$|\.meta\.yaml$/i.test(name);

/**
 * Returns the entries of a drop, for `filesOf`; the browser gives them only during the event. A browser
 * without support for entries gives only files, not folders.
 */
const entriesOf = (transfer) =>
  [...transfer.items]
    .filter(({ kind }) => kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));

/**
 * Reads the files of entries, including those in folders: {files, left, unread}. `left` is the number of
 * files in an unsupported format, and `unread` the number of files and folders that the browser could not
 * open.
 */
export async function filesOf(entries) {
  const found = await Promise.all(entries.map(filesOfEntry));
  const sum = (name) => found.reduce((total, one) => total + one[name], 0);
  return { files: apart(found.flatMap(({ files }) => files)), left: sum("left"), unread: sum("unread") };
}

async function filesOfEntry({ entry, file }) {
  if (!entry?.isDirectory)
    return { files: file ? [{ file, name: file.name }] : [], left: 0, unread: file ? 0 : 1 };
  const { found, unread } = await filesIn(entry, []);
  return { ...within(found, entry.name), unread };
}

export function filesOfFolder(files) {
  const placed = [...files].map((file) => {
    const [folder, ...folders] = file.webkitRelativePath.split("/").slice(0, -1);
    return { file, folder, folders };
  });
  return within(
    placed.filter(({ folders, file }) => [...folders, file.name].every(isMeant)),
    placed[0]?.folder,
  );
}

/**
 * Reads all files below a folder: `found` has {file, folders}, where `folders` has the names of the folders
 * on the way to the file. `unread` counts the files and folders that the browser could not open; the others
 * are still read.
 */
async function filesIn(folder, folders) {
  const entries = await entriesIn(folder).catch(() => null);
  if (!entries) return { found: [], unread: 1 };
  const all = { found: [], unread: 0 };
  for (const entry of entries.filter(({ name }) => isMeant(name))) {
    const { found, unread } = entry.isDirectory
      ? await filesIn(entry, [...folders, entry.name])
      : await fileIn(entry, folders);
    all.found.push(...found);
    all.unread += unread;
  }
  return all;
}

const fileIn = (entry, folders) =>
  new Promise((done, failed) => entry.file(done, failed)).then(
    (file) => ({ found: [{ file, folders }], unread: 0 }),
    () => ({ found: [], unread: 1 }),
  );

/** Reads the entries of a folder; the browser returns them in batches, and an empty one at the end. */
async function entriesIn(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return all.sort((a, b) => a.name.localeCompare(b.name));
    all.push(...some);
  }
}

/**
 * Returns the files of a folder in a supported format, each with a unique name. The library identifies
 * uploads by name, so a second "report.pdf" would become a new version of the first. A name that occurs twice
 * gets its folders in front.
 */
function within(found, folder) {
  const known = found.filter(({ file }) => SUFFIXES.includes(suffixOf(file.name)));
  const isShared = sharedAmong(known.map(({ file }) => file.name));
  const files = known.map(({ file, folders }) => ({
    file,
    name: isShared(file.name) ? [...folders, file.name].join(" – ") : file.name,
    folder,
    collection: folder.slice(0, MAX_COLLECTION_CHARACTERS),
  }));
  return { files, left: found.length - known.length };
}

function apart(files) {
  const isShared = sharedAmong(files.map(({ name }) => name));
  return files.map((one) =>
    one.folder && isShared(one.name) ? { ...one, name: `${one.folder} – ${one.name}` } : one,
  );
}

function sharedAmong(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (name) => counts.get(name) > 1;
}

// Dropping

const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

/** Shows the drop area while files are dragged over the page; `dropped` receives the entries of a drop. */
export function watchDrops(dropped) {
  const place = make("div", { id: "fn-drop", hidden: "" }, make("p", t("upload.drop")));
  document.body.append(place);
  const show = (shown) => (place.hidden = !shown);
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    show(true);
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || show(false));
  document.addEventListener("dragend", () => show(false));
  // Capture the event before Gradio's input, which would take the file.
  document.addEventListener(
    "drop",
    (event) => {
      show(false);
      if (!carriesFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      dropped(entriesOf(event.dataTransfer));
    },
    true,
  );
}
