/** A report's row in the list, and the heading of a group of them. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { factElements, kindWords, ownDate } from "../words.js";

/**
 * The row of a report; `does` has what its buttons do: `open` and `menu`, each called with the report and the
 * button.
 *
 * `part` is what is open in the row below it, `asked` whether the question is kept to it.
 */
export function reportRow(report, does, { part, asked, current }) {
  const dated = { ...report, author: null, published: ownDate(report) };
  const pages = report.pages && t("library.pages", { count: report.pages });
  const version = report.version > 1 ? t("reading.version", { version: report.version }) : null;
  const facts = factElements(dated, pages, version);
  const open = make(
    "button",
    {
      type: "button",
      class: "fn-report",
      "data-stop": "",
      "aria-current": current ? "true" : null,
      onclick: (event) => does.open(report, event.currentTarget),
    },
    make("span", { class: "fn-report-title", lang: report.language, dir: "auto" }, report.title),
    make("span", { class: "fn-facts" }, ...(facts.length ? facts : factElements({}, kindWords(report.kind)))),
    asked ? make("span", { class: "fn-asked" }, t("library.asked")) : null,
  );
  const more = button("", (event) => does.menu(report, event.currentTarget), {
    class: "fn-row-more",
    "data-stop": "",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "aria-label": t("library.moreOf", { title: report.title }),
  });
  more.append(icon("more"));
  return make("li", { "data-id": report.document_id }, make("div", { class: "fn-row" }, open, more), part);
}

const NAMES = {
  added: () => t("library.justAdded"),
  rest: () => t("library.others"),
  collection: () => t("library.noCollection"),
  publisher: () => t("library.noPublisher"),
};

/** The heading of a group, which shows or hides its reports. */
export function groupRow({ id, group, name, count, isFolded }, toggle) {
  const words = name ?? NAMES[group]();
  const fold = button("", () => toggle(id), {
    class: "fn-group-fold",
    "data-stop": "",
    "aria-expanded": String(!isFolded),
  });
  fold.append(
    icon("chevron"),
    make("span", { class: "fn-group-name", dir: "auto" }, words),
    " ",
    make("span", { class: "fn-number" }, t("library.number", { number: count })),
  );
  return make("li", { "data-id": id, class: "fn-group" }, make("h3", {}, fold));
}
