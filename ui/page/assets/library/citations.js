/** Lists the answers that cite a report, in the report's row. */

import { answerLink } from "../answer/address.js";
import { button, make } from "../controls/dom.js";
import { dateWords } from "../facts.js";
import { t } from "../i18n.js";
import { getCitations, words } from "../server.js";
import { closePart, openPart } from "./list.js";

export async function showCitations({ document_id: id, title }) {
  const contents = make("div", { role: "status" }, make("p", { class: "fn-remark" }, t("cited.reading")));
  const close = button(t("cited.close"), () => closePart({ refocus: true }), { class: "fn-link-button" });
  const part = make(
    "section",
    { class: "fn-part", tabindex: "-1", "aria-label": t("cited.label", { title }) },
    make("div", { class: "fn-part-head" }, make("h3", {}, t("cited.title")), close),
    contents,
  );
  part.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    closePart({ refocus: true });
  });
  openPart(id, part);
  part.focus({ preventScroll: true });
  try {
    contents.replaceChildren(...listed(await getCitations(id)));
  } catch (error) {
    contents.replaceChildren(make("p", { class: "fn-warning" }, words(error)));
  }
}

const listed = (answers) =>
  answers.length
    ? [make("ul", { class: "fn-cited" }, ...answers.map(answerRow))]
    : [make("p", { class: "fn-remark" }, t("cited.none"))];

function answerRow({ answer_id: id, question, created, quotes }) {
  const link = answerLink(id, question);
  const day = make("span", { class: "fn-fact" }, dateWords(created.slice(0, 10)));
  const times = make("span", { class: "fn-fact" }, t("cited.quotes", { count: quotes.length }));
  return make("li", {}, link, make("span", { class: "fn-facts" }, day, " ", times));
}
