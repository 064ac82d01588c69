/** A report's sections, each a way to its place in the text; the one that is being read is marked. */

import { button, make } from "../controls/dom.js";
import { t } from "../i18n.js";

const DEEPEST = 5; // levels below are set in as this one

/**
 * The list of the sections and a function that marks one by its offset; null where there are too few for a
 * list.
 */
export function outline({ sections = [] }, jump) {
  if (sections.length < 2) return null;
  const top = Math.min(...sections.map((section) => section.level));
  const entries = sections.map((section) =>
    button(section.title, () => jump(section.start), { dir: "auto" }),
  );
  const items = sections.map(({ level }, index) =>
    make("li", { class: `fn-level-${Math.min(level - top + 1, DEEPEST)}` }, entries[index]),
  );
  const list = make("ol", {}, ...items);
  const element = make("nav", { class: "fn-outline", "aria-label": t("source.outline"), hidden: "" }, list);

  let current = null;

  /** Marks the section in which an offset lies. */
  function mark(offset) {
    const entry = entries[sections.findLastIndex((section) => section.start <= offset)] ?? null;
    if (entry === current) return;
    current?.removeAttribute("aria-current");
    entry?.setAttribute("aria-current", "location");
    current = entry;
    reveal();
  }

  /** Scrolls the list, and nothing else, to the section that is marked. */
  function reveal() {
    if (!current || element.hidden) return;
    const { offsetTop, offsetHeight } = current;
    if (offsetTop < list.scrollTop || offsetTop + offsetHeight > list.scrollTop + list.clientHeight)
      list.scrollTop = offsetTop - list.clientHeight / 3;
  }

  return { element, mark, reveal };
}
