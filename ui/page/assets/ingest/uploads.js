/*
 * Uploads files to the library, two at a time, follows the job of each file on the server to its end, and shows its
 * progress and outcome. The `state` of a file is waiting, sending, queued, reading, embedding, added, refused or
 * cancelled.
 */

import { SUFFIXES } from "../constants.js";
import { button, iconButton, make } from "../controls/dom.js";
import { LongList } from "../controls/long_list.js";
import { notify } from "../controls/notices.js";
import { durationWords } from "../facts.js";
import { percentIn, t } from "../i18n.js";
import { onReports, reportOf } from "../library/reports.js";
import { cancelJob, getJob, sendFile, words } from "../server.js";
import { openSource } from "../source/reading.js";
import { filesOf, filesOfFolder } from "./files.js";
import { hasEnded, hurry, onJobs } from "./jobs.js";

const READ_OUT = 3; // the most refusals that a screen reader announces in full

const heading = make("h3", {});
const clear = button(t("upload.clear"), clearOver, { class: "fn-link-button", hidden: "" });
const stopAll = button(t("upload.cancelAll"), () => all.filter((one) => !isOver(one)).forEach(cancel), {
  class: "fn-link-button",
  hidden: "",
});
const left = make("p.fn-remark", { hidden: "" });
const scroller = make("div.fn-uploads-list", {
  tabindex: "0",
  role: "region",
  "aria-label": t("upload.title"),
});
// Screen readers announce outcomes, not each step of the progress.
const outcome = make("p.fn-unseen", { role: "status" });
const box = make(
  "div.fn-uploads",
  { hidden: "" },
  make("div.fn-uploads-head", heading, stopAll, clear),
  scroller,
  left,
);
const list = new LongList(scroller, (upload) => rowOf(upload).element, t("upload.title"));
const rows = new WeakMap();

export function uploadsElements(added) {
  heard.added = added;
  onReports(() => all.filter(({ state }) => state === "added").forEach(drawUpload));
  return [box, outcome];
}

export function addButtons() {
  const files = make("input", {
    type: "file",
    multiple: "",
    hidden: "",
    accept: SUFFIXES.join(),
    "aria-label": t("upload.files"),
  });
  const folder = make("input", {
    type: "file",
    webkitdirectory: "",
    hidden: "",
    "aria-label": t("upload.folder"),
  });
  const taking = (input, found) => {
    input.addEventListener("change", () => {
      take(found([...input.files]));
      input.value = "";
    });
    return input;
  };
  const choose = button(t("upload.add"), () => files.click(), { class: "fn-small-button fn-add" });
  const chooseFolder = iconButton("folder", t("upload.addFolder"), () => folder.click(), {
    class: "fn-icon-button fn-add-folder",
  });
  const whole = (chosen) => ({ files: chosen.map((file) => ({ file, name: file.name })), left: 0 });
  return [choose, chooseFolder, taking(files, whole), taking(folder, filesOfFolder)];
}

export const takeEntries = async (entries) => take(await filesOf(entries));

function take({ files, left: others, unread = 0 }) {
  const said = [
    others ? t("upload.leftOut", { count: others }) : "",
    unread ? t("upload.unread", { count: unread }) : "",
  ].filter(Boolean);
  left.hidden = !said.length;
  left.textContent = said.join(" ");
  if (unread && !files.length) notify(t("upload.unread", { count: unread }), { alert: true });
  addFiles(files);
  draw();
}

function clearOver() {
  all.splice(0, all.length, ...all.filter((upload) => !isOver(upload)));
  left.hidden = true;
  outcome.textContent = "";
  draw();
  document.querySelector(".fn-add").focus({ preventScroll: true });
}

function changed(upload) {
  drawUpload(upload);
  draw();
  follow(upload);
}

/** Scrolls to the file that the server starts to read, unless the pointer or the focus is in the list. */
function follow(upload) {
  if (upload.isFollowed || upload.state !== "reading" || box.matches(":hover, :focus-within")) return;
  upload.isFollowed = true;
  list.reveal(upload.key);
}

function draw() {
  const items = all.map((upload, place) => ({ key: upload.key, of: upload, position: place + 1 }));
  box.hidden = !all.length && left.hidden;
  if (list.length !== items.length) list.show(items);
  const busy = all.filter((upload) => !isOver(upload)).length;
  stopAll.hidden = busy < 2;
  clear.hidden = busy > 0;
  const words = busy ? t("upload.busy", { done: all.length - busy, count: all.length }) : summary(all);
  if (heading.textContent === words) return;
  heading.textContent = words;
  if (!busy) outcome.textContent = [words, ...refusals(all)].join(" ");
}

function summary(all) {
  const count = (state) => all.filter((upload) => upload.state === state).length;
  const counted = ["added", "refused", "cancelled"]
    .map((state) => [state, count(state)])
    .filter(([state, number]) => number || state === "added")
    .map(([state, number]) => t(`upload.count.${state}`, { number }));
  return all.length ? t("upload.done", { counts: counted.join(t("list.comma")) }) : t("upload.none");
}

const refusals = (all) =>
  all
    .filter(({ state }) => state === "refused")
    .slice(0, READ_OUT)
    .map(({ why, file, name }) => `${name}: ${sentenceOf(why, file.name)}`);

function rowOf(upload) {
  if (!rows.has(upload)) {
    const name = make("span.fn-upload-name", { dir: "auto" }, upload.name);
    const state = make("span.fn-upload-state");
    const bar = make("progress", { max: "1", "aria-label": t("upload.bar", { name: upload.name }) });
    const stop = iconButton("close", t("upload.cancel"), () => cancel(upload), {
      class: "fn-upload-stop",
      "aria-label": t("upload.cancelNamed", { name: upload.name }),
    });
    const below = make("div.fn-upload-outcome");
    const head = make("div.fn-upload-head", name, stop);
    const line = make("div.fn-upload-line", state, below);
    rows.set(upload, { element: make("li", head, bar, line), state, bar, stop, below, shown: null });
    drawUpload(upload);
  }
  return rows.get(upload);
}

/** Returns whether a file's report was deleted: the list of reports had it once, and has it no longer. */
function noteGone(upload) {
  const isListed = upload.state === "added" && Boolean(reportOf(upload.report.id));
  upload.wasListed ||= isListed;
  return upload.wasListed && !isListed;
}

function drawUpload(upload) {
  const isGone = noteGone(upload);
  const row = rows.get(upload);
  if (!row) return;
  const isStopping = upload.isStopping && !isOver(upload);
  const how = isGone ? "gone" : isStopping ? "stopping" : upload.state;
  row.state.textContent =
    how === "sending" && upload.share < 1
      ? t("upload.sendingShare", { percent: percentIn(upload.share) })
      : t(`upload.${how}`);
  row.element.className = isGone ? "fn-gone" : `fn-${upload.state}`;
  row.bar.hidden = row.stop.hidden = isOver(upload);
  const share = shareOf(upload);
  if (share === null) row.bar.removeAttribute("value");
  else row.bar.value = share;
  drawOutcome(upload, row, isGone);
}

function shareOf({ state, share, job }) {
  if (state === "sending") return share < 1 ? share : null;
  if (state === "waiting" || state === "queued") return 0;
  return state === "embedding" && job.passages.of ? job.passages.done / job.passages.of : null;
}

/** Shows the outcome below a file's name; unchanged elements stay, since one may have the focus. */
function drawOutcome(upload, row, isGone) {
  const report = upload.report && reportOf(upload.report.id);
  const said = [upload.state, isGone, report?.title, upload.why, progressOf(upload)].join("\n");
  if (said === row.shown) return;
  row.shown = said;
  const shown = {
    added: () => (report ? [titleButton(upload, report), ...indexed(upload)] : []),
    refused: () => refused(upload),
    cancelled: () => [tryAgain(upload)],
  }[upload.state]?.();
  row.below.replaceChildren(...(shown ?? [progressOf(upload)]));
  const tried = upload.password != null && document.activeElement === document.body;
  if (tried && isOver(upload)) row.below.querySelector("input, button")?.focus({ preventScroll: true });
}

function progressOf({ state, job }) {
  if (state === "embedding" && job.passages.of) {
    const { done, of } = job.passages;
    const time = job.seconds_left ? ` · ${t("doing.left", { time: durationWords(job.seconds_left) })}` : "";
    return `${t("upload.passages", { done, count: of })}${time}`;
  }
  return "";
}

const indexed = ({ report: { passages } }) =>
  passages === undefined ? [] : [" ", make("span.fn-number", t("upload.indexed", { count: passages }))];

function titleButton({ report: { id, version } }, { title, language }) {
  const opener = button("", () => openSource({ id }, { from: opener }), { class: "fn-upload-open" });
  opener.append(make("span", { lang: language, dir: "auto" }, title));
  if (version > 1) opener.append(" ", make("span.fn-number", t("reading.version", { version })));
  return opener;
}

function refused(upload) {
  const sentence = sentenceOf(upload.why, upload.file.name);
  const asks = /^It is encrypted\b.*\bpassword\b/.test(sentence);
  return [make("p.fn-warning", sentence), asks ? passwordForm(upload) : tryAgain(upload)];
}

const tryAgain = (upload) => button(t("upload.again"), () => again(upload), { class: "fn-link-button" });

// Refusals

/** Returns the server's reason as a sentence; the server writes it as a predicate of the file's name. */
function sentenceOf(why, name) {
  const said = why.startsWith(`${name}: `) ? `It ${why.slice(name.length + 2)}` : why;
  return `${said[0].toUpperCase()}${said.slice(1).replace(/\.$/, "")}.`;
}

function passwordForm(upload) {
  const input = make("input", {
    type: "password",
    autocomplete: "off",
    required: "",
    class: "fn-field",
    "aria-label": t("upload.passwordOf", { name: upload.name }),
    placeholder: t("upload.password"),
  });
  const form = make(
    "form.fn-password",
    input,
    make("button.fn-small-button", { type: "submit" }, t("upload.again")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    again(upload, input.value);
  });
  return form;
}

// The queue

const AT_ONCE = 2; // files that are uploaded at the same time
const AHEAD = 20; // the most files that the server has but has not read; the others wait here

const OVER = ["added", "refused", "cancelled"];
const all = [];
const heard = { added() {} };
const pause = { timer: null }; // set while the server has no room for another file

export const uploads = () => all;
const isOver = (upload) => OVER.includes(upload.state);
export const isUnsent = ({ state }) => state === "waiting" || state === "sending";

function addFiles(files) {
  const added = files.map((file, place) => ({
    ...file,
    key: `file ${all.length + place}`,
    state: "waiting",
    share: 0, // the uploaded share, 0 to 1
    job: null,
    jobId: null,
    stopping: null,
    isStopping: false,
    wasListed: false, // whether the list of reports has ever had its report
    why: null,
    report: null, // {id, version, passages}, once the server has added it
  }));
  all.push(...added);
  work();
}

export function again(upload, password = null) {
  Object.assign(upload, { state: "waiting", share: 0, why: null, job: null, jobId: null, password });
  changed(upload);
  work();
}

/** Cancels a file, so that the library keeps nothing of it. */
function cancel(upload) {
  if (upload.state === "waiting") return change(upload, { state: "cancelled" });
  // The server adds a file that it has received completely, even after an abort, so stop its job.
  if (upload.state === "sending" && upload.share < 1) return upload.stopping.abort();
  change(upload, { isStopping: true });
  return upload.jobId === null ? undefined : stopJob(upload);
}

/** Cancels the job of a file; if the job has ended already, the next poll shows its end. */
const stopJob = ({ jobId }) =>
  cancelJob(jobId)
    .catch(() => null)
    .then(hurry);

function change(upload, changes) {
  Object.assign(upload, changes);
  changed(upload);
}

function work() {
  const sending = all.filter(({ state }) => state === "sending").length;
  const unread = all.filter((upload) => !isOver(upload) && upload.state !== "waiting").length;
  const next = all.find(({ state }) => state === "waiting");
  if (!next || pause.timer !== null || sending >= AT_ONCE || unread >= AHEAD) return;
  send(next);
  work();
}

async function send(upload) {
  const { file, name, collection: folder, password } = upload;
  const stopping = new AbortController();
  change(upload, { state: "sending", stopping, isStopping: false });
  const onProgress = (share) => change(upload, { share });
  try {
    const how = { onProgress, signal: stopping.signal };
    const jobId = await sendFile(file, name, { folder, password }, how);
    change(upload, { state: "queued", jobId });
    if (upload.isStopping) stopJob(upload);
    else hurry();
  } catch (error) {
    const stopped = error.name === "AbortError" || (error.retryAfter && upload.isStopping);
    if (stopped) change(upload, { state: "cancelled" });
    else if (error.retryAfter) sendLater(upload, error.retryAfter);
    else change(upload, { state: "refused", why: words(error) });
  }
  work();
}

/** Puts a file back into the queue while the server has no room for it, and pauses all other files, too. */
function sendLater(upload, seconds) {
  change(upload, { state: "waiting", share: 0 });
  clearTimeout(pause.timer);
  pause.timer = setTimeout(() => {
    pause.timer = null;
    work();
  }, seconds * 1000);
}

async function onJobsTold(jobs) {
  const followed = all.filter((upload) => upload.jobId && !isOver(upload));
  for (const upload of followed) {
    const told = jobs?.find(({ id }) => id === upload.jobId);
    // The list has neither the result of an ended job, nor old jobs.
    const job = told && !hasEnded(told) ? told : await getJob(upload.jobId).catch((error) => lost(error));
    if (job) takeJob(upload, job);
  }
  work();
}

const lost = (error) => (error.status === 404 ? { state: "failed", message: error.message } : null);

function takeJob(upload, job) {
  if (isOver(upload)) return;
  if (job.state === "done") {
    const { document_id: id, version, passages } = job.result;
    change(upload, { job, state: "added", report: { id, version, passages } });
    heard.added(id);
  } else if (job.state === "failed") change(upload, { job, state: "refused", why: job.message });
  else if (job.state === "cancelled") change(upload, { job, state: "cancelled" });
  else change(upload, { job, state: job.state === "waiting" ? "queued" : stageOf(job) });
}

/** After reading, the server embeds the file, but reports that only when the first batch is done. */
const stageOf = ({ stage, files }) => (stage === null || files.done < files.of ? "reading" : "embedding");

onJobs(onJobsTold);

// Files that are not uploaded yet would be lost, so the browser asks whether to leave.
addEventListener("beforeunload", (event) => {
  if (all.some(isUnsent)) event.preventDefault();
});
