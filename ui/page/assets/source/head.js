/** Creates the head of a report: its title, facts and badges, and the buttons that move through it. */

import { button, heading, icon, make } from "../controls/dom.js";
import { dateOrigin, factElements, numberWords } from "../facts.js";
import { t } from "../i18n.js";
import { bar } from "./panel.js";
import { numberOf } from "./trail.js";

/**
 * Creates the head of a report: its elements, and `update`, which receives the current quote and trail.
 *
 * `total` is the number of pages; `ways` are the elements of the bottom row; `step`, `ask`, `open` and
 * `compare` are the actions of the buttons.
 */
export function reportHead(report, current, { total, ways, step, ask, open, compare }) {
  const stepper = steps(step);
  const facts = make("p", { class: "fn-facts" });
  const caution = badges(report, current, { open, compare });
  const asking = labelled("source.ask", "ask", ask, { class: "fn-ask", "aria-label": t("source.ask") });
  asking.append(make("span", { class: "fn-short" }, t("source.askShort")));
  const elements = [
    bar(stepper.element, asking),
    heading(report.title, { lang: report.language, dir: "auto" }),
    facts,
    caution.elements.length ? make("div", { class: "fn-badges" }, ...caution.elements) : null,
    caution.line,
    make("div", { class: "fn-ways" }, ...ways),
  ];

  function update(quote, trail) {
    const many = report.version > 1 || current.version > 1;
    facts.replaceChildren(
      ...factElements(
        report,
        dateOrigin(report),
        quote?.page ? t("reading.page", { page: quote.page, total }) : null,
        many ? t("reading.version", { version: report.version }) : null,
      ),
    );
    caution.quoted(quote?.page ?? null);
    stepper.update(trail);
  }

  return { elements: elements.filter(Boolean), update };
}

/** Creates a button with an icon and a label; CSS hides the label if there is too little room. */
export function labelled(key, picture, run, attributes = {}) {
  const control = button("", run, { title: t(key), ...attributes });
  control.append(icon(picture), make("span", { class: "fn-label" }, t(key)));
  return control;
}

/** Describes a footnote by its place among the footnotes of its answer, and by its number if that differs. */
function words(number, at, total) {
  if (total === 1) return t("source.oneFootnote", { number });
  if (number === String(at)) return t("source.footnote", { at, total });
  return t("source.footnoteNumbered", { number, at, total });
}

/** Creates the stepper through the footnotes of an answer: "Footnote 2 of 5", with two buttons. */
function steps(step) {
  const said = make("span", { role: "status" });
  const way = (key, picture, by) => {
    const control = button("", () => step(by), {
      "aria-label": t(key),
      title: t(key),
      class: `fn-step-${picture}`,
    });
    control.append(icon(picture));
    return control;
  };
  const [before, after] = [way("source.previous", "before", -1), way("source.next", "after", 1)];
  const element = make(
    "div",
    { class: "fn-steps", role: "group", "aria-label": t("source.footnotes"), hidden: "" },
    before,
    said,
    after,
  );

  function update(trail) {
    element.hidden = !trail;
    said.textContent = "";
    if (!trail) return;
    const [number, at, total] = [numberOf(trail), trail.at + 1, trail.hrefs.length];
    said.textContent = words(number || String(at), at, total);
    for (const way of [before, after]) way.hidden = total === 1;
    before.setAttribute("aria-disabled", String(at === 1));
    after.setAttribute("aria-disabled", String(at === total));
  }

  return { element, update };
}

// Badges

/**
 * Creates the badges of a report, and the line that explains the chosen badge.
 *
 * `open` opens another version, and `compare` shows what changed. The result's `quoted` receives the page of
 * the quote.
 */
export function badges(report, current, { open, compare }) {
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

  /** Explains the badge that applies to the page, unless the reader has chosen one. */
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
