/** Files to add: from what was dropped or chosen, those of a folder with its name as their collection. */

import { MAX_COLLECTION_CHARACTERS, SUFFIXES } from "../constants.js";
import { make } from "../controls/dom.js";
import { t } from "../i18n.js";

const suffixOf = (name) => /\.[^.]*$/.exec(name)?.[0].toLowerCase();

/** Whether a file of a folder is one that its reader means: not what programs keep beside it. */
const isMeant = (name) => !/^(\.|~\$)|^(thumbs\.db|desktop\.ini)$|\.meta\.yaml$/i.test(name);

/**
 * The entries of what is dropped, which must be asked for before the event is over: pass them to `filesOf`.
 *
 * A browser that does not know entries gives files alone.
 */
export const entriesOf = (transfer) =>
  [...transfer.items]
    .filter(({ kind }) => kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));

/**
 * The files of entries, those in folders as well: {files, left, unread}, `left` being how many of them are of no
 * known kind, and `unread` how many files and folders the browser could not open.
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

/** The files that were chosen with their folder. */
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
 * All files below a folder: `found` has {file, folders}, the folders being those between. What cannot be opened
 * is counted in `unread`, so that it does not take the others with it.
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

/** What lies in a folder; it is told in portions, of which the last is empty. */
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
 * The files of a folder under names of their own.
 *
 * The library keeps uploads by their names, so that a second "report.pdf" would be a new version of the first:
 * it has its folders in front of its name.
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

/** Files of several folders, or beside one, under names of their own: a folder is in front of what is shared. */
function apart(files) {
  const isShared = sharedAmong(files.map(({ name }) => name));
  return files.map((one) =>
    one.folder && isShared(one.name) ? { ...one, name: `${one.folder} – ${one.name}` } : one,
  );
}

/** Tells whether a name is more than once among some. */
function sharedAmong(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (name) => counts.get(name) > 1;
}

// Dropping

const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

/** Watches the whole page; `dropped` hears of what was dropped, as `folders.js` has it. */
export function watchDrops(dropped) {
  const place = make("div", { id: "fn-drop", hidden: "" }, make("p", {}, t("upload.drop")));
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
  // Before Gradio's own input, which would take a file that is dropped on it.
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
