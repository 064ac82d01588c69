/** What the server is working at, asked gently: often while it works, seldom else, never while nobody looks. */

import { getJobs } from "../server.js";

const LISTED = 100;
const BUSY = 1000; // milliseconds between two questions while something runs
const IDLE = 5000;

const state = { jobs: null, timer: null, asking: false, again: false, listeners: [], needed: () => false };

export const hasEnded = ({ state: how }) => how !== "waiting" && how !== "running";

/** Runs `listener` with the last jobs, the newest first, or with null where the server does not tell them. */
export const onJobs = (listener) => state.listeners.push(listener);

/** Asks from now on. While `needed` says so, also of a page that is hidden: files wait to be sent from it. */
export function startJobs(needed) {
  state.needed = needed;
  document.addEventListener("visibilitychange", hurry);
  hurry();
}

/** Asks at once, as something was begun. */
export function hurry() {
  clearTimeout(state.timer);
  if (document.hidden && !state.needed()) return;
  if (state.asking) state.again = true;
  else ask();
}

async function ask() {
  state.asking = true;
  state.again = false;
  const jobs = await getJobs(LISTED).catch(() => null);
  state.asking = false;
  state.jobs = jobs;
  for (const listener of state.listeners) listener(jobs);
  clearTimeout(state.timer);
  if (state.again) hurry();
  else state.timer = setTimeout(hurry, jobs && !jobs.every(hasEnded) && !document.hidden ? BUSY : IDLE);
}
