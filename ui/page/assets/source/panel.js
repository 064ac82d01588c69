/** Renders the source pane: a header, a scrolling body, and a button that scrolls back to the quote. */

import { button, make } from "../controls/dom.js";
import { closer, closeSourcePane, source } from "../desk/panes.js";
import { t } from "../i18n.js";
import { words } from "../server.js";

export const body = () => source.querySelector(".fn-desk-body");

export function show(head, contents) {
  source.replaceChildren(
    source.querySelector(":scope > .fn-edge"),
    make("div.fn-desk-head", ...head),
    make(
      "div.fn-desk-body",
      { tabindex: "0", role: "region", "aria-label": t("source.contents") },
      ...contents,
    ),
  );
  return source.lastElementChild;
}

export const bar = (...left) => make("div.fn-desk-bar", ...left, closer("source", closeSourcePane));

export function failed(error) {
  show([bar()], [make("p.fn-warning", { role: "alert" }, words(error))]);
}

export function wayBack(go) {
  const element = button(t("reading.quoted"), go, { class: "fn-jump", hidden: "" });
  let watching = null;

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

export function sayGone(id, isGone) {
  if (source.dataset.report !== String(id)) return;
  source.querySelector(".fn-gone-notice")?.remove();
  if (!isGone) return;
  const notice = make("p.fn-gone-notice.fn-warning", { role: "status" }, t("source.deleted"));
  source.querySelector(".fn-desk-head")?.append(notice);
}
