/** Shows the server's current job in a line below the list, with its progress, and the last failure. */

import { button, make } from "../controls/dom.js";
import { notify } from "../controls/notices.js";
import { durationWords } from "../facts.js";
import { t } from "../i18n.js";
import { onReports, readReports, reports } from "../library/reports.js";
import { cancelJob, dismissFailure, getFailures, startSync, words } from "../server.js";
import { recall, remember } from "../storage.js";
import { hasEnded, hurry, onJobs } from "./jobs.js";

const LISTED = 50; // the most failed files that the list names
const FRESH = 4500; // milliseconds before the page reads the list of reports again

const state = {
  jobs: undefined,
  busy: false,
  ended: null,
  outcome: null,
  failures: [],
  running: null,
  read: 0,
};

const line = make("p.fn-doing-line");
const said = make("p.fn-unseen", { role: "status" });
const bar = make("progress.fn-doing-bar", { max: "1", "aria-label": t("doing.bar"), hidden: "" });
const stop = button(t("doing.cancel"), cancel, { class: "fn-link-button", hidden: "" });
const sync = button(t("doing.sync"), syncFolders, { class: "fn-link-button", hidden: "" });
const details = make("details.fn-doing-details", { hidden: "" });
const place = make("div.fn-doing", make("div.fn-doing-head", line, stop, sync), bar, details, said);

export function doingElement() {
  onJobs(onJobsTold);
  onReports(draw);
  draw();
  return place;
}

const current = (jobs) => {
  const unended = jobs.filter((job) => !hasEnded(job));
  return unended.find(({ state: how }) => how === "running") ?? unended.at(-1) ?? null;
};

async function onJobsTold(jobs, busy) {
  const isFirst = state.jobs === undefined;
  // The end of another user's job changes the library, too.
  const isOver = state.busy && !busy;
  state.jobs = jobs;
  state.busy = busy;
  state.running = jobs && current(jobs);
  const ended = jobs?.find(hasEnded)?.id ?? null;
  const hasChanged = jobs !== null && (isOver || ended !== state.ended);
  if (hasChanged) state.ended = ended;
  const reading = jobs && !isFirst ? readAgain(hasChanged) : null;
  if (hasChanged) state.outcome = outcomeOf(jobs);
  if (jobs && (isFirst || hasChanged)) await readFailures();
  await reading;
  draw();
}

/** Reads the reports after a job; else only now and then: long syncs and other pages change reports, too. */
function readAgain(hasChanged) {
  if (!hasChanged && performance.now() - state.read < FRESH) return null;
  state.read = performance.now();
  return readReports().catch(() => null);
}

/** Returns the last finished job that is not an upload; an upload shows its outcome in its own row. */
const outcomeOf = (jobs) => jobs.find((job) => hasEnded(job) && job.kind !== "upload") ?? null;

async function readFailures() {
  state.failures = await getFailures().catch(() => state.failures);
}

const isDismissed = ({ id }) => recall("library.dismissed", null) === id;

/** Returns a job's progress: words, and the share that is done, 0 to 1, or null if it is unknown. */
function progressOf(job) {
  const { files, passages, stage } = job;
  const share = ({ done, of }) => (of ? done / of : null);
  if (job.cancelling) return { words: t("doing.stopping"), share: null };
  if (job.state === "waiting") return { words: t("doing.waiting"), share: null };
  if (job.kind === "compaction") return { words: t("doing.compaction"), share: null };
  if (job.kind === "rebuild") return { words: counted("rebuild", passages), share: share(passages) };
  if (job.kind === "upload") return { words: t("doing.upload"), share: share(passages) };
  if (!stage) return { words: t("doing.looking"), share: null };
  return files.done < files.of || !files.of
    ? { words: counted("reading", files), share: share(files) }
    : { words: counted("embedding", passages), share: share(passages) };
}

const counted = (name, { done, of }) =>
  of ? t(`doing.${name}`, { done, count: of }) : t(`doing.${name}.begin`);

function draw() {
  const { jobs, running } = state;
  const progress = running && progressOf(running);
  const waiting = jobs?.filter(({ state: how }) => how === "waiting").length ?? 0;
  const more = running ? waiting - (running.state === "waiting" ? 1 : 0) : 0;
  const left =
    running?.seconds_left && !running.cancelling
      ? t("doing.left", { time: durationWords(running.seconds_left) })
      : "";
  const facts = running ? [progress.words, left, more ? t("doing.more", { count: more }) : ""] : resting();
  line.textContent = facts.filter(Boolean).join(" · ");
  place.classList.toggle("fn-busy", Boolean(running) || state.busy);
  bar.hidden = !running;
  if (progress?.share == null) bar.removeAttribute("value");
  else bar.value = progress.share;
  stop.hidden = !running || running.cancelling || running.kind === "compaction";
  sync.hidden = Boolean(running) || jobs === null || !reports().some(({ uploaded }) => !uploaded);
  drawDetails();
  // Announce only the start and the end of a job, not each step.
  const spoken = running ? progress.words.replace(/\d.*/, "") : line.textContent;
  if (said.dataset.of === `${running?.id}`) return;
  said.textContent = said.dataset.of === undefined ? "" : spoken;
  said.dataset.of = `${running?.id}`;
}

function resting() {
  const { jobs, busy, outcome } = state;
  const { kind, state: how } = outcome ?? {};
  if (jobs === undefined) return [];
  if (jobs === null) return [t("doing.silent")];
  if (busy) return [t("doing.byOthers")];
  if (how === "failed" && !isDismissed(outcome)) return [t(`doing.failed.${kind}`)];
  const count = reports().length;
  return count ? [t("doing.upToDate"), t("library.count", { count })] : [t("doing.empty")];
}

function drawDetails() {
  const { running, outcome, failures } = state;
  const message = outcome?.state === "failed" && !isDismissed(outcome) ? outcome.message : null;
  details.hidden = Boolean(running) || !(message || failures.length);
  const shown = message ? outcome.id : failures.map(({ failure_id: id }) => id).join();
  if (details.hidden || details.dataset.of === shown) return;
  details.dataset.of = shown;
  if (message) details.replaceChildren(make("summary", t("doing.why")), ...reason(outcome));
  else
    details.replaceChildren(make("summary", t("doing.unread", { count: failures.length })), listOf(failures));
}

function reason({ id, message }) {
  const dismiss = () => {
    remember("library.dismissed", id);
    draw();
  };
  return [
    make("p.fn-warning", { dir: "auto" }, message),
    button(t("doing.dismiss"), dismiss, { class: "fn-link-button" }),
  ];
}

const listOf = (failures) =>
  make(
    "ul.fn-failures",
    ...failures.slice(0, LISTED).map(failureItem),
    failures.length > LISTED ? make("li", t("doing.others", { number: failures.length - LISTED })) : null,
  );

function failureItem({ failure_id: id, path, cause }) {
  const named = { class: "fn-link-button", "aria-label": t("doing.dismissNamed", { path }) };
  const dismiss = button(t("doing.dismiss"), () => dismissOne(id), named);
  return make("li", make("span.fn-path", { dir: "auto" }, path), " ", cause, " ", dismiss);
}

/** Dismisses a failed file. A 404 means that it is dismissed already, or that the server has read it. */
async function dismissOne(id) {
  await dismissFailure(id).catch((error) => error.status !== 404 && notify(words(error), { alert: true }));
  await readFailures();
  draw();
  (details.hidden ? sync : details.querySelector("li button")).focus();
}

function cancel() {
  const { id } = state.running;
  cancelJob(id)
    .catch((error) => error.status !== 409 && notify(words(error), { alert: true }))
    .finally(hurry);
}

function syncFolders() {
  startSync()
    .catch((error) => notify(words(error), { alert: true }))
    .finally(hurry);
}
