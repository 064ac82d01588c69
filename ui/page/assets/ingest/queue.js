/*
 * Uploads files to the library, two at a time, and follows the job of each file on the server to its end.
 *
 * The `state` of a file is waiting, sending, queued, reading, embedding, added, refused or cancelled.
 */

import { cancelJob, getJob, sendFile, words } from "../server.js";
import { hasEnded, hurry, onJobs } from "./jobs.js";

const AT_ONCE = 2; // files that are uploaded at the same time
const AHEAD = 20; // the most files that the server has but has not read; the others wait here

const OVER = ["added", "refused", "cancelled"];

const all = [];
const heard = { changed() {}, added() {} };
const pause = { timer: null }; // set while the server has no room for another file

/** Returns the chosen and dropped files, in their order. */
export const uploads = () => all;

export const isOver = (upload) => OVER.includes(upload.state);

/** Sets the handlers `changed`, for a file whose state changes, and `added`, for the id of a new report. */
export const watchUploads = (given) => Object.assign(heard, given);

/** Returns whether a file is lost if the user leaves the page. */
export const isUnsent = ({ state }) => state === "waiting" || state === "sending";

/** Adds files, each {file, name, collection}, to the queue; the caller renders them, all at once. */
export function addFiles(files) {
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

/** Uploads a refused file again, with its password if there is one. */
export function again(upload, password = null) {
  Object.assign(upload, { state: "waiting", share: 0, why: null, job: null, jobId: null, password });
  heard.changed(upload);
  work();
}

/** Removes the finished files from the queue. */
export function forgetOver() {
  all.splice(0, all.length, ...all.filter((upload) => !isOver(upload)));
}

/** Cancels a file, so that the library keeps nothing of it. */
export function cancel(upload) {
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
  heard.changed(upload);
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
  const { file, name, collection, password } = upload;
  const stopping = new AbortController();
  change(upload, { state: "sending", stopping, isStopping: false });
  const onProgress = (share) => change(upload, { share });
  try {
    const jobId = await sendFile(
      file,
      name,
      { collection, password },
      { onProgress, signal: stopping.signal },
    );
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

/** Updates the files from the server's jobs. */
async function onJobsTold(jobs) {
  const followed = all.filter((upload) => upload.jobId && !isOver(upload));
  for (const upload of followed) {
    const told = jobs?.find(({ id }) => id === upload.jobId);
    // The list has neither the result of an ended job, nor old jobs.
    const job = told && !hasEnded(told) ? told : await getJob(upload.jobId).catch((error) => lost(error));
    if (job) take(upload, job);
  }
  work();
}

/** Treats a job that the server does not know as failed; after any other error, returns null. */
const lost = (error) => (error.status === 404 ? { state: "failed", message: error.message } : null);

function take(upload, job) {
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
