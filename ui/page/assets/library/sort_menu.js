/** Lets the user choose in a menu how the list is sorted and grouped, and stores the choice. */

import { button, icon } from "../controls/dom.js";
import { toggleMenu } from "../controls/menu.js";
import { t } from "../i18n.js";
import { recall, remember } from "../storage.js";
import { GROUP_NAMES, ORDER_NAMES } from "./ordering.js";

const one = (names, name, otherwise) => (names.includes(name) ? name : otherwise);

const view = {
  order: one(ORDER_NAMES, recall("library.order"), "newest"),
  group: one(GROUP_NAMES, recall("library.group"), null),
};

export const getView = () => view;

/** Creates the button with the menu; `changed` runs after a choice. */
export function viewButton(changed) {
  const choice = (field, name, chosen = name) => ({
    words: t(`library.${field}.${name}`),
    chosen: view[field] === chosen,
    run: () => {
      view[field] = chosen;
      remember(`library.${field}`, chosen);
      changed();
    },
  });
  const entries = () => [
    { heading: t("library.order") },
    ...ORDER_NAMES.map((name) => choice("order", name)),
    { heading: t("library.group") },
    choice("group", "none", null),
    ...GROUP_NAMES.map((name) => choice("group", name)),
  ];
  const opener = button("", () => toggleMenu(opener, entries()), {
    class: "fn-icon-button fn-view",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "aria-label": t("library.view"),
    title: t("library.view"),
  });
  opener.append(icon("sort"));
  return opener;
}
