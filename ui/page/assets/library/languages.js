/**
 * The notice that the search does not read the languages of some reports, or that of a question, and the
 * button that changes the library over to a model that reads them: see ui/http/encoder.py. The notice stands
 * above the question. It shows the cost, then the progress, then the outcome. A dismissed one stays away
 * until another language comes, or until a button of an abstention opens it.
 */

import { answersShown, idOf } from "../answer/answers.js";
import { button, icon, make } from "../controls/dom.js";
import { notify } from "../controls/notices.js";
import { bytesWords, durationWords, languageWords } from "../facts.js";
import { drawn } from "../gradio.js";
import { listed, t } from "../i18n.js";
import { hasEnded, hurry, onJobs } from "../ingest/jobs.js";
import { cancelJob, changeEncoder, getEncoder, words } from "../server.js";
import { recall, remember } from "../storage.js";
import { onReports } from "./reports.js";

const DISMISSED = "languages.dismissed";
const MEGABYTE = 1e6;

const state = {
  encoder: null, // what the server last said
  asked: null, // the id of the newest answer whose question was in a language that the search does not read
  job: null, // the change-over in progress, or the id alone while no poll has told it
  outcome: null, // {words, isOver} of a change-over that ended while the page was open
  opened: false, // whether the user has opened the notice from an abstention
};

const said = make("p.fn-unseen", { role: "status" });
const box = make("div.fn-languages-box");
const place = make("aside", { id: "fn-languages", "aria-label": t("languages.label"), hidden: "" }, box);

export async function startLanguages() {
  const form = (await drawn("#fn-question")).parentElement;
  form.before(place, said);
  onReports(look);
  onJobs(follow);
  await look();
}

/** Adds the button to abstentions because of a language; a new one makes the page look at its language. */
export function offerLanguages() {
  const abstentions = answersShown().filter((answer) => answer.classList.contains("fn-unread"));
  const newest = abstentions.at(-1);
  if (newest && idOf(newest) !== state.asked) {
    state.asked = idOf(newest);
    look();
  }
  for (const answer of abstentions) {
    const known = answer.querySelector(".fn-read-more");
    if (!canOffer()) known?.remove();
    else if (!known) answer.querySelector(".fn-searched").append(" ", opener());
  }
}

const opener = () =>
  button(t("languages.open"), open, {
    class: "fn-link-button fn-read-more",
    "aria-controls": "fn-languages",
  });

function open() {
  state.opened = true;
  draw();
  place.scrollIntoView({ block: "nearest" });
  focusButton();
}

/** Focuses the button that acts or, if there is none, the one that closes. */
const focusButton = () =>
  (place.querySelector("button:not(.fn-shut)") ?? place.querySelector("button"))?.focus();

async function look() {
  state.encoder = await getEncoder(state.asked).catch(() => state.encoder);
  if (state.encoder?.job_id && !state.job) state.job = { id: state.encoder.job_id };
  draw();
  offerLanguages();
}

function follow(jobs) {
  const job = jobs?.find(({ id }) => id === state.job?.id);
  if (!job) return;
  state.job = job;
  if (!hasEnded(job)) return draw();
  state.job = null;
  state.opened = true;
  state.outcome = outcomeOf(job);
  return look();
}

function outcomeOf({ state: how, message }) {
  const number = state.encoder.languages;
  if (how === "done") return { words: t("languages.done", { number }), isOver: true };
  if (how === "cancelled") return { words: t("languages.cancelled"), isOver: false };
  return { words: t("languages.failed", { cause: message }), isOver: false };
}

/** Returns whether this user can change the library over, perhaps after an installation. */
const canOffer = () => {
  const { encoder } = state;
  return Boolean(encoder?.gains && (encoder.changeable || encoder.install_command));
};

const isDismissed = () => {
  const known = recall(DISMISSED, []);
  return state.encoder.unread.every((language) => known.includes(language));
};

const namesOf = (languages) => listed(languages.map(languageWords)).join("");

function draw() {
  const shown = content();
  const hadFocus = place.contains(document.activeElement);
  place.hidden = !shown;
  if (!shown) return box.replaceChildren();
  if (place.dataset.kind !== shown.kind || shown.kind !== "changing") {
    box.replaceChildren(...shown.elements);
    if (hadFocus) focusButton();
  }
  if (shown.kind === "changing") drawProgress(place, state.job);
  // Announce each kind of notice once, not each step of the progress.
  if (place.dataset.kind !== shown.kind) said.textContent = shown.words;
  place.dataset.kind = shown.kind;
  return undefined;
}

/** Returns what the notice shows: {kind, words, elements}; null for no notice. */
function content() {
  const { encoder, job, outcome, opened } = state;
  if (job) return changing();
  if (outcome?.isOver) return opened ? notice("over", [outcome.words], []) : null;
  if (!canOffer() || !(opened || !isDismissed())) return null;
  const found = t("languages.unread", { languages: namesOf(encoder.unread) });
  if (!encoder.changeable)
    return notice("install", [found, t("languages.install", { command: encoder.install_command })], []);
  const { passages: count, seconds, memory_mb: memory, disk_mb: disk } = encoder.cost;
  const cost = t("languages.cost", {
    count,
    time: durationWords(seconds),
    memory: bytesWords(memory * MEGABYTE),
    disk: bytesWords(disk * MEGABYTE),
  });
  const label = outcome ? t("languages.again") : t("languages.change", { number: encoder.languages });
  const change = button(label, begin, { class: "fn-change" });
  return notice(outcome ? "again" : "offer", [outcome?.words ?? found, cost], [change]);
}

function notice(kind, sentences, buttons) {
  const shut = button(icon("close"), dismiss, { class: "fn-shut", "aria-label": t("toasts.close") });
  const [first, ...more] = sentences;
  const text = make(
    "div.fn-languages-text",
    make("p", { dir: "auto" }, first),
    ...more.map((sentence) => make("p.fn-hint", { dir: "auto" }, sentence)),
  );
  return { kind, words: sentences.join(" "), elements: [text, shut, ...buttons] };
}

function changing() {
  const words = t("languages.begin", { number: state.encoder.languages });
  const stop = button(t("doing.cancel"), cancel, { class: "fn-link-button" });
  const bar = make("progress", { max: "1", "aria-label": t("doing.bar") });
  const text = make("div.fn-languages-text", make("p.fn-progress", words), bar);
  return { kind: "changing", words, elements: [text, stop] };
}

function drawProgress(element, { state: how, cancelling, passages, seconds_left: left }) {
  const line = element.querySelector(".fn-progress");
  const bar = element.querySelector("progress");
  const number = state.encoder.languages;
  const isCounted = how === "running" && passages.of > 0;
  const counted = isCounted
    ? t("languages.changing", { number, done: passages.done, count: passages.of })
    : t("languages.begin", { number });
  const time = left && !cancelling ? t("doing.left", { time: durationWords(left) }) : "";
  line.textContent = [cancelling ? t("doing.stopping") : counted, time].filter(Boolean).join(" · ");
  if (isCounted) bar.value = passages.done / passages.of;
  else bar.removeAttribute("value");
  element.querySelector("button").disabled = Boolean(cancelling);
}

function dismiss() {
  const known = recall(DISMISSED, []);
  remember(DISMISSED, [...new Set([...known, ...(state.encoder?.unread ?? [])])]);
  state.opened = false;
  state.outcome = null;
  draw();
  document.querySelector("#fn-question textarea").focus();
}

async function begin() {
  place.querySelector(".fn-change").disabled = true;
  try {
    state.job = { id: await changeEncoder() };
    state.outcome = null;
  } catch (error) {
    notify(words(error), { alert: true });
  }
  await look();
  hurry();
}

function cancel() {
  cancelJob(state.job.id)
    .catch((error) => error.status !== 409 && notify(words(error), { alert: true }))
    .finally(hurry);
}
