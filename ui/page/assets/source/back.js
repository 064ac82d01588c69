/** The way back to the quoted words, while they are out of view. */

import { button } from "../dom.js";
import { t } from "../i18n.js";

/** A button over the text; `go` leads back, `away` says whether the quoted words are shown by other means. */
export function wayBack(go) {
  const element = button(t("reading.quoted"), go, { class: "fn-jump", hidden: "" });
  let watching = null;

  /** Watches the marks of a text that scrolls in `body`; without marks the words are out of view. */
  function watch(body, marks) {
    watching?.disconnect();
    element.hidden = marks.length > 0;
    if (!marks.length) return;
    const seen = new Set();
    watching = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target);
        element.hidden = seen.size > 0;
      },
      { root: body },
    );
    marks.forEach((mark) => watching.observe(mark));
  }

  function show(away) {
    watching?.disconnect();
    element.hidden = !away;
  }

  return { element, watch, show };
}
