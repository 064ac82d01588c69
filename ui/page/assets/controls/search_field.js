/** Creates a search field for a list. */

import { icon, make } from "./dom.js";

/** Creates the field; `find` receives each change of its text, `goOn` runs at Enter and the down arrow. */
export function findField(label, { find, goOn }) {
  const input = make("input", {
    type: "search",
    class: "fn-field",
    "aria-label": label,
    placeholder: label,
    autocomplete: "off",
    spellcheck: "false",
  });
  input.addEventListener("input", () => find(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && input.value) {
      event.preventDefault();
      input.value = "";
      find("");
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      goOn();
    }
  });
  return { input, element: make("div", { class: "fn-finder" }, icon("find"), input) };
}
