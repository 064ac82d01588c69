/** Lists a report's sections as buttons that scroll to them, and marks the current section. */

import { button, make } from "../controls/dom.js";
import { t } from "../i18n.js";

const DEEPEST = 5; // deeper levels have the same indent

/** Creates the list, with functions that mark a section and scroll to it; null if there are too few. */
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

  /** Marks the section that contains an offset. */
  function mark(offset) {
    const entry = entries[sections.findLastIndex((section) => section.start <= offset)] ?? null;
    if (entry === current) return;
    current?.removeAttribute("aria-current");
    entry?.setAttribute("aria-current", "location");
    current = entry;
    reveal();
  }

  /** Scrolls the list, and nothing else, to the marked section. */
  function reveal() {
    if (!current || element.hidden) return;
    const { offsetTop, offsetHeight } = current;
    if (offsetTop < list.scrollTop || offsetTop + offsetHeight > list.scrollTop + list.clientHeight)
      list.scrollTop = offsetTop - list.clientHeight / 3;
  }

  return { element, mark, reveal };
}
