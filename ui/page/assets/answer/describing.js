/** What the server's markup cannot say to a screen reader, since Gradio strips it. */

import { footnoteOf } from "./shown.js";

let described = 0;

/** Has each mark named by where it leads, and described by its footnote's words. */
export function describeMarks() {
  for (const mark of document.querySelectorAll("#fn-conversation .fn-mark[title]")) {
    // A card says more than the browser's own tooltip would, which would lie over it.
    mark.setAttribute("aria-label", mark.title);
    mark.removeAttribute("title");
    const entry = footnoteOf(mark);
    if (!entry) continue;
    entry.id ||= `fn-described-${++described}`;
    mark.setAttribute("aria-describedby", entry.id);
  }
}

/** Says of each judgement whether it is the one that was given. */
export function pressGiven() {
  for (const button of document.querySelectorAll("#fn-conversation .fn-act-judge")) {
    const pressed = String(button.classList.contains("fn-given"));
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
}
