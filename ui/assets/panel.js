/** The panel beside the conversation: a head, and a body that scrolls. */

import { make } from "./dom.js";
import { words } from "./server.js";

export const desk = make("aside", { id: "fn-desk", "aria-label": "Sources" });

const ways = { close() {}, toLibrary() {} };

/** Says where the panel's buttons lead. */
export const lead = (given) => Object.assign(ways, given);

export const body = () => desk.querySelector(".fn-desk-body");

export const button = (label, onclick, attributes = {}) =>
  make("button", { type: "button", onclick, ...attributes }, label);

export function show(head, contents) {
  desk.replaceChildren(
    make("div", { class: "fn-desk-head" }, ...head),
    make(
      "div",
      { class: "fn-desk-body", tabindex: "0", role: "region", "aria-label": "Contents" },
      ...contents,
    ),
  );
  return desk.lastElementChild;
}

export const bar = (...left) =>
  make(
    "div",
    { class: "fn-desk-bar" },
    ...left,
    button("Close", () => ways.close(), { class: "fn-desk-close" }),
  );

export const back = () => button("← All reports", () => ways.toLibrary(true));

export const heading = (words, attributes = {}) => make("h2", { tabindex: "-1", ...attributes }, words);

export function failed(error) {
  show([bar(back())], [make("p", { role: "alert", class: "fn-warning" }, words(error))]);
}
