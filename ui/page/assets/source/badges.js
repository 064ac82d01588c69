/*
 * What a reader should know of a report before its words, as badges: each says more where it is pressed.
 *
 * What touches the quoted words says it at once.
 */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { numberWords } from "../words.js";

/**
 * The badges of a report and the line that says more; `open` shows another version, `compare` what changed.
 *
 * Gives both elements, and a function that is told which words are quoted.
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

  /** Says what is to be known of the words on a page, unless the reader has chosen what is said. */
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
