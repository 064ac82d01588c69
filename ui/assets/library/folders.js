/** Files out of what was dropped or chosen: those of a folder with its name as their collection. */

export const SUFFIXES = [
  ...[".pdf", ".docx", ".odt", ".rtf", ".txt", ".md", ".markdown", ".html", ".htm", ".xhtml", ".epub", ".eml"],
  ...[".pptx", ".pptm", ".xlsx", ".xlsm", ".ods", ".csv", ".tsv"],
];

const NAME_CHARACTERS = 200; // of a collection

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

/** The files of entries, those in folders as well: {files, left}, `left` being how many of them are of no known kind. */
export async function filesOf(entries) {
  const found = await Promise.all(
    entries.map(async ({ entry, file }) =>
      entry?.isDirectory
        ? within(await filesIn(entry, []), entry.name)
        : { files: [{ file, name: file.name }], left: 0 },
    ),
  );
  return { files: found.flatMap(({ files }) => files), left: found.reduce((sum, { left }) => sum + left, 0) };
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

/** All files below a folder: {file, folders}, the folders being those between. */
async function filesIn(folder, folders) {
  const found = [];
  for (const entry of await entriesIn(folder)) {
    if (!isMeant(entry.name)) continue;
    if (entry.isDirectory) found.push(...(await filesIn(entry, [...folders, entry.name])));
    else found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), folders });
  }
  return found;
}

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
  const names = new Map();
  for (const { file } of known) names.set(file.name, (names.get(file.name) ?? 0) + 1);
  const files = known.map(({ file, folders }) => ({
    file,
    name: names.get(file.name) > 1 ? [...folders, file.name].join(" – ") : file.name,
    collection: folder.slice(0, NAME_CHARACTERS),
  }));
  return { files, left: found.length - known.length };
}
