/*
 * Files on their way into the library: sent two at a time, and read by the server one after the other, each as
 * a job that is followed to its end.
 *
 * A file's `state` is waiting, sending, queued, reading, embedding, added, refused or cancelled.
 */

import { cancelJob, getJob, sendFile, words } from "../server.js";
import { hasEnded, hurry, onJobs } from "./jobs.js";

const AT_ONCE = 2; // files that are sent at the same time
const AHEAD = 20; // files that the server has and has not read: the others wait here

const OVER = ["added", "refused", "cancelled"];

const all = [];
const heard = { changed() {}, added() {} };
const pause = { timer: null }; // while the server has no place for another file

/** Files that were chosen or dropped, in their order. */
export const uploads = () => all;

export const isOver = (upload) => OVER.includes(upload.state);

/** Says who hears that a file's state has changed, and that a report was added, by its number. */
export const watchUploads = (given) => Object.assign(heard, given);

/** Whether a file is lost where the page is left. */
export const isUnsent = ({ state }) => state === "waiting" || state === "sending";

/** Adds files, each {file, name, collection}, to those that are on their way; who adds them draws them, all at once. */
export function addFiles(files) {
  const added = files.map((file, place) => ({
    ...file,
    key: `file ${all.length + place}`,
    state: "waiting",
    share: 0, // that was sent
    job: null,
    jobId: null,
    stopping: null,
    isStopping: false,
    wasListed: false, // whether its report was ever in the list
    why: null,
    report: null, // {id, version}, once it is added
  }));
  all.push(...added);
  work();
}

/** Sends a file again that was refused, with its password where it has one. */
export function again(upload, password = null) {
  Object.assign(upload, { state: "waiting", share: 0, why: null, job: null, jobId: null, password });
  heard.changed(upload);
  work();
}

/** Forgets the files that are over; those that are on their way stay. */
export function forgetOver() {
  all.splice(0, all.length, ...all.filter((upload) => !isOver(upload)));
}

/** Stops a file: nothing of it is kept. */
export function cancel(upload) {
  if (upload.state === "waiting") return change(upload, { state: "cancelled" });
  // What the server has as a whole it adds, whether or not its answer is waited for.
  if (upload.state === "sending" && upload.share < 1) return upload.stopping.abort();
  change(upload, { isStopping: true });
  return upload.jobId === null ? undefined : stopJob(upload);
}

/** Stops the job of a file; it may be over by now, which the next look at the jobs tells. */
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

/** Has a file wait that the server has no place for, and every other file with it. */
function sendLater(upload, seconds) {
  change(upload, { state: "waiting", share: 0 });
  clearTimeout(pause.timer);
  pause.timer = setTimeout(() => {
    pause.timer = null;
    work();
  }, seconds * 1000);
}

/** What the jobs say of the files that the server has. */
async function onJobsTold(jobs) {
  const followed = all.filter((upload) => upload.jobId && !isOver(upload));
  for (const upload of followed) {
    const told = jobs?.find(({ id }) => id === upload.jobId);
    // Of a job that has ended the list does not say what came out, and an old one is not in it.
    const job = told && !hasEnded(told) ? told : await getJob(upload.jobId).catch((error) => lost(error));
    if (job) take(upload, job);
  }
  work();
}

/** A job that the server does not know any more has failed; of a server that is silent nothing is known. */
const lost = (error) => (error.status === 404 ? { state: "failed", message: error.message } : null);

function take(upload, job) {
  if (isOver(upload)) return;
  if (job.state === "done") {
    const { document_id: id, version } = job.result;
    change(upload, { job, state: "added", report: { id, version } });
    heard.added(id);
  } else if (job.state === "failed") change(upload, { job, state: "refused", why: job.message });
  else if (job.state === "cancelled") change(upload, { job, state: "cancelled" });
  else change(upload, { job, state: job.state === "waiting" ? "queued" : stageOf(job) });
}

/** What has been read is embedded, of which nothing is told before the first part is done. */
const stageOf = ({ stage, files }) => (stage === null || files.done < files.of ? "reading" : "embedding");

onJobs(onJobsTold);

// What was not sent yet is not added: the browser asks whether to leave.
addEventListener("beforeunload", (event) => {
  if (all.some(isUnsent)) event.preventDefault();
});
