/** Adding files to the library: chosen or dropped, each with its own progress and its own outcome. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { sendFile, words } from "../server.js";

const AT_ONCE = 2; // files that are sent and read at the same time

const heard = { onAdded() {}, onOpen() {} };
const queue = [];
let working = 0;

const list = make("ul", {});
const clear = button(t("upload.clear"), clearFinished, { hidden: "" });
// Screen readers hear outcomes, and not each step of the progress.
const outcome = make("p", { class: "fn-unseen", role: "status" });
const uploads = make(
  "section",
  { class: "fn-uploads", "aria-label": t("upload.title"), hidden: "" },
  make("div", { class: "fn-uploads-head" }, make("h3", {}, t("upload.title")), clear),
  list,
  outcome,
);

/** Says who hears that a report was added, and who opens one. */
export const watchUploads = (given) => Object.assign(heard, given);

/** The files of this visit. */
export const uploadsElement = () => uploads;

/** The button that lets a person choose files. */
export function addButton() {
  const input = make("input", { type: "file", multiple: "", hidden: "", "aria-label": t("upload.files") });
  input.addEventListener("change", () => {
    addFiles([...input.files]);
    input.value = "";
  });
  const choose = button(t("upload.add"), () => input.click(), { class: "fn-add" });
  return make("span", { class: "fn-adding" }, choose, input);
}

/** Takes files that are dropped on `target`; `before` runs first. A drop beside it opens nothing. */
export function watchDrops(target, before) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  target.dataset.drop = t("upload.drop");
  const over = (event) => target.contains(event.target);
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = over(event) ? "copy" : "none";
    target.classList.toggle("fn-dropping", over(event));
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) target.classList.remove("fn-dropping");
  });
  document.addEventListener("drop", (event) => {
    target.classList.remove("fn-dropping");
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (!over(event)) return;
    before();
    addFiles(filesOf(event.dataTransfer));
  });
}

/** The dropped files; a folder among them is null beside its name. */
const filesOf = (transfer) =>
  [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => {
      const file = item.getAsFile();
      return item.webkitGetAsEntry?.()?.isDirectory ? { name: file.name, isFolder: true } : file;
    });

function addFiles(files) {
  const rows = files.map(uploadRow);
  list.append(...rows.map((row) => row.element));
  uploads.hidden = !list.children.length;
  clear.hidden = true;
  rows.forEach(start);
}

function start(row) {
  if (row.file.isFolder) {
    row.fail(t("upload.folder"));
    return settle();
  }
  queue.push(row);
  return work();
}

async function work() {
  if (working >= AT_ONCE || !queue.length) return;
  working += 1;
  const row = queue.shift();
  try {
    row.succeed(await sendFile(row.file, row.password(), row.progress));
    heard.onAdded();
  } catch (error) {
    row.fail(words(error));
  }
  working -= 1;
  settle();
  work();
}

/** The finished files can be cleared away once nothing is on its way. */
function settle() {
  clear.hidden = working > 0 || queue.length > 0;
}

function clearFinished() {
  list.replaceChildren();
  uploads.hidden = true;
  outcome.textContent = "";
  document.querySelector(".fn-add").focus({ preventScroll: true });
}

/** A file's row in the list, and how it changes. */
function uploadRow(file) {
  const name = make("span", { class: "fn-upload-name", dir: "auto" }, file.name);
  const doing = make("span", { class: "fn-upload-state" }, t("upload.waiting"));
  const bar = make("progress", { max: "1", value: "0", "aria-label": t("upload.bar", { name: file.name }) });
  const below = make("div", { class: "fn-upload-outcome" });
  const element = make("li", {}, make("div", { class: "fn-upload-head" }, name, doing), bar, below);
  const row = { file, element, password: () => null, again, progress, succeed, fail };

  function again() {
    bar.hidden = false;
    bar.value = 0;
    doing.textContent = t("upload.waiting");
    element.className = "";
    below.replaceChildren();
    clear.hidden = true;
  }

  function progress(share) {
    const sent = share >= 1;
    doing.textContent = sent ? t("upload.reading") : t("upload.sending", { percent: Math.floor(share * 100) });
    if (sent) bar.removeAttribute("value");
    else bar.value = share;
  }

  function finish(state, kind, ...shown) {
    bar.hidden = true;
    doing.textContent = state;
    element.className = kind;
    below.replaceChildren(...shown);
    outcome.textContent = `${file.name}: ${below.textContent || state}`;
  }

  function succeed(report) {
    const open = () => heard.onOpen({ id: report.document_id, version: report.version }, { from: title });
    const title = button(report.title, open, { lang: report.language, dir: "auto" });
    finish(t("upload.added"), "fn-added", title);
    if (row.password() !== null) takeFocus(title);
  }

  function fail(why) {
    const sentence = make("p", { class: "fn-warning" }, sentenceOf(why, file.name));
    const tried = row.password() !== null;
    finish(t("upload.refused"), "fn-refused", sentence);
    if (!/^It is encrypted\b.*\bpassword\b/.test(sentenceOf(why, file.name))) return;
    const form = passwordForm(row);
    below.append(form);
    if (tried) takeFocus(form.querySelector("input"));
  }

  return row;
}

/** Puts the focus where the password's field was, unless the reader has moved it elsewhere meanwhile. */
function takeFocus(element) {
  if (document.activeElement === document.body) element.focus();
}

/** What is wrong with a file, which the server says as a predicate of its name. */
function sentenceOf(why, name) {
  const said = why.startsWith(`${name}: `) ? `It ${why.slice(name.length + 2)}` : why;
  return `${said[0].toUpperCase()}${said.slice(1).replace(/\.$/, "")}.`;
}

function passwordForm(row) {
  const input = make("input", {
    type: "password",
    autocomplete: "off",
    required: "",
    "aria-label": t("upload.passwordOf", { name: row.file.name }),
    placeholder: t("upload.password"),
  });
  const form = make("form", { class: "fn-password" }, input, make("button", { type: "submit" }, t("upload.again")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = input.value;
    row.password = () => given;
    form.remove();
    row.again();
    start(row);
  });
  return form;
}
