/** A field in which things of a list are looked for, as one types. */

import { icon, make } from "./dom.js";

/** The field: `find` hears of its words as they are typed, `goOn` of the keys that lead to the list. */
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
