/**
 * The head of a report: its title, facts and badges, the stepper of footnotes, its sections, and the search
 * in it.
 */

import { MAX_QUERY_CHARACTERS } from "../constants.js";
import { button, heading, icon, iconButton, make } from "../controls/dom.js";
import { dateOrigin, factElements, numberWords, pageWords } from "../facts.js";
import { t } from "../i18n.js";
import { words } from "../server.js";
import { bar } from "./panel.js";
import { paint, rangesIn, unpaint } from "./text.js";
import { numberOf } from "./trail.js";

/**
 * `update` of the result receives the current quote and trail. `total` is the number of pages, `labels` their printed numbers; `ways` are the
 * elements of the bottom row; `step`, `ask`, `open` and `compare` are the actions of the buttons.
 */
export function reportHead(report, current, { total, labels, ways, step, ask, open, compare }) {
  const stepper = steps(step);
  const facts = make("p.fn-facts");
  const caution = badges(report, current, { open, compare });
  const asking = labelled("source.ask", "ask", ask, { class: "fn-ask", "aria-label": t("source.ask") });
  asking.append(make("span.fn-short", t("source.askShort")));
  const elements = [
    bar(stepper.element, asking),
    heading(report.title, { lang: report.language, dir: "auto" }),
    facts,
    caution.elements.length ? make("div.fn-badges", ...caution.elements) : null,
    caution.line,
    make("div.fn-ways", ...ways),
  ];

  function update(quote, trail) {
    const many = report.version > 1 || current.version > 1;
    facts.replaceChildren(
      ...factElements(
        report,
        dateOrigin(report),
        quote?.page ? t("reading.page", { page: pageWords(quote.page, labels), total }) : null,
        many ? t("reading.version", { version: report.version }) : null,
      ),
    );
    caution.quoted(quote?.page ?? null);
    stepper.update(trail);
  }

  return { elements: elements.filter(Boolean), update };
}

export function labelled(key, picture, run, attributes = {}) {
  const contents = [icon(picture), make("span.fn-label", t(key))];
  return button(contents, run, { title: t(key), ...attributes });
}

/** Describes a footnote by its place among the footnotes of its answer, and by its number if that differs. */
function footnoteWords(number, at, total) {
  if (total === 1) return t("source.oneFootnote", { number });
  if (number === String(at)) return t("source.footnote", { at, total });
  return t("source.footnoteNumbered", { number, at, total });
}

/** Creates the stepper through the footnotes of an answer: "Footnote 2 of 5", with two buttons. */
function steps(step) {
  const said = make("span", { role: "status" });
  const way = (key, picture, by) =>
    iconButton(picture, t(key), () => step(by), { class: `fn-step-${picture}` });
  const [before, after] = [way("source.previous", "before", -1), way("source.next", "after", 1)];
  const element = make(
    "div.fn-steps",
    { role: "group", "aria-label": t("source.footnotes"), hidden: "" },
    before,
    said,
    after,
  );

  function update(trail) {
    element.hidden = !trail;
    said.textContent = "";
    if (!trail) return;
    const [number, at, total] = [numberOf(trail), trail.at + 1, trail.hrefs.length];
    said.textContent = footnoteWords(number || String(at), at, total);
    for (const way of [before, after]) way.hidden = total === 1;
    before.setAttribute("aria-disabled", String(at === 1));
    after.setAttribute("aria-disabled", String(at === total));
  }

  return { element, update };
}

// Badges

/**
 * `open` opens another version, and `compare` shows what changed. The result's `quoted` receives the page of
 * the quote.
 */
function badges(report, current, { open, compare }) {
  const line = make("p", { id: "fn-caution", class: "fn-caution", hidden: "" });
  const cautions = [
    superseded(report, current, { open, compare }),
    recognised(report),
    unread(report),
  ].filter(Boolean);
  const elements = cautions.map((caution) =>
    button(caution.label, () => choose(caution === state.chosen ? null : caution), {
      class: `fn-badge fn-${caution.name}`,
      "aria-controls": line.id,
    }),
  );
  const state = { chosen: null, touched: false };

  function choose(chosen, touched = true) {
    Object.assign(state, { chosen, touched });
    elements.forEach((badge, index) =>
      badge.setAttribute("aria-expanded", String(cautions[index] === chosen)),
    );
    line.replaceChildren(...(chosen?.said ?? []));
    line.className = `fn-caution fn-${chosen?.name ?? "none"}`;
    line.hidden = !chosen;
  }

  function quoted(page) {
    if (!state.touched) choose(cautions.find((caution) => caution.touches(page)) ?? null, false);
  }

  quoted(null);
  return { elements, line, quoted };
}

function superseded(report, current, { open, compare }) {
  if (current.version === report.version) return null;
  const id = report.document_id;
  return {
    name: "superseded",
    label: t("source.superseded"),
    touches: () => true,
    said: [
      t("about.older", { version: report.version, current: current.version }),
      " ",
      button(t("source.openVersion", { version: current.version }), () => open({ id })),
      " ",
      button(t("source.whatChanged"), () => compare(report.version, current.version)),
    ],
  };
}

function recognised({ recognised_pages: pages = [] }) {
  if (!pages.length) return null;
  return {
    name: "recognised",
    label: t("source.recognised"),
    touches: (page) => pages.includes(page),
    said: [t("about.recognised", { count: pages.length, pages: numberWords(pages) })],
  };
}

function unread({ unread_pages: pages = [] }) {
  if (!pages.length) return null;
  return {
    name: "unread",
    label: t("source.unread", { count: pages.length }),
    touches: () => false,
    said: [t("about.unread", { count: pages.length, pages: numberWords(pages) })],
  };
}

// Outline

const DEEPEST = 4; // deeper levels have the same indent

/** Creates the list, with functions that mark a section and scroll to it; null if there are too few. */
export function outline({ sections = [] }, jump) {
  if (sections.length < 2) return null;
  const top = Math.min(...sections.map((section) => section.level));
  const entries = sections.map((section) =>
    button(section.title, () => jump(section.start), { dir: "auto" }),
  );
  const items = sections.map(({ level }, index) =>
    make("li", { style: `--fn-level: ${Math.min(level - top, DEEPEST)}` }, entries[index]),
  );
  const list = make("ol", ...items);
  const element = make("nav.fn-outline", { "aria-label": t("source.outline"), hidden: "" }, list);

  let current = null;

  function mark(offset) {
    const entry = entries[sections.findLastIndex((section) => section.start <= offset)] ?? null;
    if (entry === current) return;
    current?.removeAttribute("aria-current");
    entry?.setAttribute("aria-current", "location");
    current = entry;
    reveal();
  }

  /** Scrolls the list, and nothing else, to the marked section. */
  function reveal() {
    if (!current || element.hidden) return;
    const { offsetTop, offsetHeight } = current;
    if (offsetTop < list.scrollTop || offsetTop + offsetHeight > list.scrollTop + list.clientHeight)
      list.scrollTop = offsetTop - list.clientHeight / 3;
  }

  return { element, mark, reveal };
}

// Find

const PAUSE = 200; // milliseconds without a key before the search starts

/**
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
  const count = make("span.fn-find-count", { role: "status" });
  const element = make(
    "div.fn-find",
    { role: "search", hidden: "" },
    field,
    count,
    iconButton("up", t("source.findPrevious"), () => go(-1)),
    iconButton("down", t("source.findNext"), () => go(1)),
    iconButton("close", t("source.findClose"), shut),
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
    open() {
      element.hidden = false;
      field.focus();
      field.select();
    },
    shut,
    isOpen: () => !element.hidden,
    current: () => state.matches[state.at],
    paintOver(container, part) {
      state.text = { container, part };
      draw();
    },
  };
}
