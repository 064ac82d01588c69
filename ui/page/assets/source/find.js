/** Searches within a report: a field, the number of matches, and buttons to the previous and next match. */

import { MAX_QUERY_CHARACTERS } from "../constants.js";
import { button, icon, make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { words } from "../server.js";
import { paint, unpaint } from "./marks.js";
import { rangesIn } from "./places.js";

const PAUSE = 200; // milliseconds without a key before the search starts

/**
 * Creates the search of one report.
 *
 * `search(query, signal)` resolves to {matches, total}. `show` scrolls to a match, `here` returns the offset
 * at the top of the view, and `leave` runs after the field has closed.
 */
export function finder({ search, show, here, leave }) {
  const state = { query: "", matches: [], total: 0, at: -1, pause: 0, asking: null, text: null };

  const field = make("input", {
    type: "search",
    class: "fn-find-field",
    placeholder: t("source.find"),
    "aria-label": t("source.find"),
    maxlength: MAX_QUERY_CHARACTERS,
    autocomplete: "off",
    spellcheck: "false",
    dir: "auto",
  });
  const count = make("span", { class: "fn-find-count", role: "status" });
  const step = (label, picture, by) => {
    const control = button("", () => go(by), { "aria-label": t(label), title: t(label) });
    control.append(icon(picture));
    return control;
  };
  const close = button("", shut, { "aria-label": t("source.findClose"), title: t("source.findClose") });
  close.append(icon("close"));
  const element = make(
    "div",
    { class: "fn-find", role: "search", hidden: "" },
    field,
    count,
    step("source.findPrevious", "up", -1),
    step("source.findNext", "down", 1),
    close,
  );
  field.addEventListener("input", () => {
    clearTimeout(state.pause);
    state.pause = setTimeout(ask, field.value.trim() ? PAUSE : 0);
  });
  element.addEventListener("keydown", onKey);

  function onKey(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      if (field.value) clear();
      else shut();
    } else if (event.key === "Enter" && event.target === field && !event.isComposing) {
      event.preventDefault();
      if (field.value.trim() === state.query) go(event.shiftKey ? -1 : 1);
      else ask();
    }
  }

  function forget() {
    state.asking?.abort();
    Object.assign(state, { query: "", matches: [], total: 0, at: -1 });
    say("");
    draw();
  }

  function clear() {
    clearTimeout(state.pause);
    field.value = "";
    forget();
    field.focus();
  }

  function shut() {
    clear();
    element.hidden = true;
    leave();
  }

  /** Searches for the text of the field, and goes to the first match from the reader's place on. */
  async function ask() {
    clearTimeout(state.pause);
    const query = field.value.trim();
    if (query === state.query) return;
    const from = state.matches[state.at]?.start ?? here();
    forget();
    if (!query) return;
    state.query = query;
    state.asking = new AbortController();
    const { signal } = state.asking;
    try {
      const found = await search(query, signal);
      if (signal.aborted) return;
      state.matches = found.matches;
      state.total = found.total;
      const next = found.matches.findIndex((match) => match.start >= from);
      await arrive(found.matches.length ? Math.max(next, 0) : -1);
    } catch (error) {
      if (signal.aborted) return;
      state.query = ""; // Enter tries again.
      say(words(error), true);
    }
  }

  async function go(by) {
    const { matches, at } = state;
    if (matches.length) await arrive((at + by + matches.length) % matches.length);
  }

  async function arrive(at) {
    state.at = at;
    say(sum());
    if (at >= 0) await show(state.matches[at]);
    draw();
  }

  function sum() {
    const { at, total, matches } = state;
    if (at < 0) return t("source.findNone");
    if (matches.length === total) return t("source.findAt", { at: at + 1, total });
    return t("source.findAtOfMore", { at: at + 1, listed: matches.length, total });
  }

  function say(said, failed = false) {
    count.textContent = said;
    count.classList.toggle("fn-warning", failed);
  }

  function draw() {
    if (!state.text) return;
    const { container, part } = state.text;
    unpaint(container);
    const ranges = rangesIn(container, part, state.matches);
    if (ranges.length) paint(ranges.filter(Boolean), ranges[state.at]);
  }

  return {
    element,
    /** Opens the field, or focuses it. */
    open() {
      element.hidden = false;
      field.focus();
      field.select();
    },
    shut,
    isOpen: () => !element.hidden,
    /** Returns the current match, {start, end, page}, or undefined. */
    current: () => state.matches[state.at],
    /** Highlights the matches in newly rendered text. */
    paintOver(container, part) {
      state.text = { container, part };
      draw();
    },
  };
}
