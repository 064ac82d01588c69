/** Groups conversations by their time: today, yesterday, the last days, earlier. */

import { momentWords } from "../facts.js";
import { t } from "../i18n.js";

const DAY = 86_400_000; // milliseconds
const RECENT = 7; // days

const startOfDay = (time) => new Date(time).setHours(0, 0, 0, 0);

/** Returns the number of midnights between a time and now. */
const daysAgo = (time, now) => Math.round((startOfDay(now) - startOfDay(time)) / DAY);

/** Returns the group of a time: "today", "yesterday", "week" or "earlier". */
export function groupOf(updated, now = Date.now()) {
  const days = daysAgo(new Date(updated), now);
  if (days <= 0) return "today";
  if (days === 1) return "yesterday";
  return days <= RECENT ? "week" : "earlier";
}

/** Writes a time as its group needs it: the hour, the weekday, or the date. */
export function whenWords(updated, now = Date.now()) {
  const time = new Date(updated);
  const options = {
    today: { timeStyle: "short" },
    yesterday: { timeStyle: "short" },
    week: { weekday: "long" },
    earlier: { day: "numeric", month: "short", year: "numeric" },
  }[groupOf(updated, now)];
  return momentWords(time, options);
}

/** Writes the full date and time. */
export const exactly = (updated) => momentWords(new Date(updated), { dateStyle: "long", timeStyle: "short" });

export const groupWords = (group) => t(`history.${group}`);
