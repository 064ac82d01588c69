/** A report's sections, folded up, each a way to its place in the text. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";

const DEEPEST = 5; // levels below are set in as this one

export function outlineElement({ sections = [] }, jump) {
  if (sections.length < 2) return null;
  const top = Math.min(...sections.map((section) => section.level));
  const fold = make("details", { class: "fn-outline" });
  const entry = (section) => {
    const go = () => {
      fold.open = false;
      jump(section.start);
    };
    const level = Math.min(section.level - top + 1, DEEPEST);
    return make("li", { class: `fn-level-${level}` }, button(section.title, go, { dir: "auto" }));
  };
  fold.append(
    make("summary", {}, t("outline.sections", { count: sections.length })),
    make("ol", {}, ...sections.map(entry)),
  );
  return fold;
}
