/*
 * Words of a report as nodes of the page, by their places in the part's string.
 *
 * `marked` is {string, from, to, pages}: the part's text, where the quoted words begin and end, and the
 * number of the page that begins at a place.
 */

import { make } from "../dom.js";
import { t } from "../i18n.js";

/** Where a page begins at `unit`, a line that says which. */
export function pageMark({ pages }, unit) {
  const number = pages.get(unit);
  return number
    ? [make("span", { class: "fn-page", "data-page": t("pages.page", { page: number }), "aria-hidden": "true" })]
    : [];
}

/** The words between two places as text nodes, those of the quote in a mark. */
export function markedWords({ string, from, to }, begin, end) {
  const cuts = [begin, ...[from, to].filter((cut) => cut > begin && cut < end), end];
  return cuts
    .slice(0, -1)
    .map((cut, index) => [cut, string.slice(cut, cuts[index + 1])])
    .filter(([, words]) => words)
    .map(([cut, words]) =>
      cut >= from && cut < to
        ? make("mark", { tabindex: "-1" }, words)
        : document.createTextNode(words),
    );
}
