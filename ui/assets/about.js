/** What a reader should know of a report before its words: under the facts of its head. */

import { make } from "./dom.js";
import { button } from "./panel.js";
import { numberWords } from "./words.js";

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
    : `This is version ${report.version}; the library now has version ${current.version}.`;

function unread({ unread_pages: pages = [] }) {
  if (!pages.length) return null;
  const [noun, verb, read] =
    pages.length === 1
      ? ["Page", "is a picture without text", "was not read"]
      : ["Pages", "are pictures without text", "were not read"];
  return `${noun} ${numberWords(pages)} ${verb} and ${read}.`;
}

function recognised({ recognised_pages: pages = [] }) {
  if (!pages.length) return null;
  const words = pages.length === 1 ? ["page", "its picture"] : ["pages", "their pictures"];
  return `The words of ${words[0]} ${numberWords(pages)} were recognised in ${words[1]}, and may be wrong.`;
}

function same({ same_as: others = [] }, open) {
  if (!others.length) return [];
  const exact = others.every((other) => other.similarity >= SAME);
  const links = others.flatMap((other, index) => [
    index ? ", " : " ",
    button(other.title, () => open({ id: other.document_id })),
    other.publisher ? ` (${other.publisher})` : "",
  ]);
  const said = exact ? "The same text is in" : "Nearly the same text is in";
  return [make("p", { class: "fn-same" }, said, ...links, ".")];
}
