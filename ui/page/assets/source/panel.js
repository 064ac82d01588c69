/** What the source's area shows: a head, and a body that scrolls. */

import { make } from "../dom.js";
import { t } from "../i18n.js";
import { closeSourcePane, closer, source } from "../panes.js";
import { words } from "../server.js";

export const body = () => source.querySelector(".fn-desk-body");

export function show(head, contents) {
  source.replaceChildren(
    source.querySelector(":scope > .fn-edge"),
    make("div", { class: "fn-desk-head" }, ...head),
    make(
      "div",
      { class: "fn-desk-body", tabindex: "0", role: "region", "aria-label": t("source.contents") },
      ...contents,
    ),
  );
  return source.lastElementChild;
}

/** The line above a report's title: what can be done with it, and the way out. */
export const bar = (...left) =>
  make("div", { class: "fn-desk-bar" }, ...left, closer("source", closeSourcePane));

export function failed(error) {
  show([bar()], [make("p", { role: "alert", class: "fn-warning" }, words(error))]);
}
