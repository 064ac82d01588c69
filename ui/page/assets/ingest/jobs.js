/** Polls the user's jobs: each second during a job, else every five seconds. Hidden pages do not poll. */

import { getJobs } from "../server.js";

const LISTED = 100;
const BUSY = 1000; // milliseconds between polls while a job waits or runs
const IDLE = 5000;
const state = { timer: null, asking: false, again: false, listeners: [], needed: () => false };
export const hasEnded = ({ state: how }) => how !== "waiting" && how !== "running";

/**
 * Runs `listener` after each poll with the jobs, the newest first, and whether any job of the library runs;
 * with null after a failed poll.
 */
export const onJobs = (listener) => state.listeners.push(listener);

/** Starts polling. A hidden page polls only while `needed` returns true, since it still has files to send. */
export function startJobs(needed) {
  state.needed = needed;
  document.addEventListener("visibilitychange", hurry);
  hurry();
}

export function hurry() {
  clearTimeout(state.timer);
  if (document.hidden && !state.needed()) return;
  if (state.asking) state.again = true;
  else ask();
}

async function ask() {
  state.asking = true;
  state.again = false;
  const { jobs, busy } = await getJobs(LISTED).catch(() => ({ jobs: null, busy: false }));
  state.asking = false;
  for (const listener of state.listeners) listener(jobs, busy);
  clearTimeout(state.timer);
  if (state.again) hurry();
  else state.timer = setTimeout(hurry, busy && !document.hidden ? BUSY : IDLE);
}
