/** What a reader should know of a report before its words: under the facts of its head. */

import { button, make } from "../dom.js";
import { listed, parts, t } from "../i18n.js";
import { numberWords } from "../words.js";

const SAME = 0.995; // of the texts' word runs, estimated: above it no difference was found

/** Lines of warning and of relation, for the head; `open` shows another report. */
export function aboutElements(report, current, open) {
  return [
    ...[older(report, current), unread(report), recognised(report)]
      .filter(Boolean)
      .map((words) => make("p", { class: "fn-warning" }, words)),
    ...same(report, open),
  ];
}

const older = (report, current) =>
  current.version === report.version
    ? null
    : t("about.older", { version: report.version, current: current.version });

function unread({ unread_pages: pages = [] }) {
  return pages.length ? t("about.unread", { count: pages.length, pages: numberWords(pages) }) : null;
}

function recognised({ recognised_pages: pages = [] }) {
  return pages.length ? t("about.recognised", { count: pages.length, pages: numberWords(pages) }) : null;
}

function same({ same_as: others = [] }, open) {
  if (!others.length) return [];
  const exact = others.every((other) => other.similarity >= SAME);
  const links = others.map((other) => [
    button(other.title, () => open({ id: other.document_id }), { dir: "auto" }),
    other.publisher ? ` (${other.publisher})` : "",
  ]);
  const said = parts(exact ? "about.same" : "about.nearlySame", { reports: listed(links) });
  return [make("p", { class: "fn-same" }, ...said)];
}
