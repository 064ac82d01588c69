/** A report, or some of its words, as what the next question is about. */

import { write } from "../gradio.js";
import { t } from "../i18n.js";
import { uncover } from "../panes.js";
import { getScope, setScope } from "../scope.js";

const LONGEST = 160; // characters of selected words that a question repeats

let begun = ""; // how the question was begun last

/**
 * Narrows the next question to a report, begins it with `words` where there are some, and has the reader
 * write it.
 */
export function askAbout(report, words = "") {
  const nothing = Object.entries(getScope()).map(([field, value]) => [
    field,
    Array.isArray(value) ? [] : null,
  ]);
  setScope({ ...Object.fromEntries(nothing), document_ids: [report.document_id] });
  uncover({ back: false });
  const area = document.querySelector("#fn-question textarea");
  if (!area) return;
  if (words) begin(area, t("source.about", { words: shortened(words) }));
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

/** Begins the question that is being written; what it was begun with before is replaced. */
function begin(area, beginning) {
  const rest = begun && area.value.startsWith(begun) ? area.value.slice(begun.length) : area.value;
  write("#fn-question", beginning + rest);
  begun = beginning;
}

/** Words on one line, cut between two of them where they are too long. */
function shortened(words) {
  const characters = [...words.replace(/\s+/g, " ").trim()];
  if (characters.length <= LONGEST) return characters.join("");
  const cut = characters.slice(0, LONGEST).join("");
  const space = cut.lastIndexOf(" ");
  return `${space > LONGEST / 2 ? cut.slice(0, space) : cut}…`;
}
