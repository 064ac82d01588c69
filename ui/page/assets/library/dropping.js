/** Files and folders that are dropped anywhere on the page are added to the library. */

import { make } from "../dom.js";
import { t } from "../i18n.js";
import { entriesOf } from "./folders.js";

const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

/** Watches the whole page; `dropped` hears of what was dropped, as `folders.js` has it. */
export function watchDrops(dropped) {
  const place = make("div", { id: "fn-drop", hidden: "" }, make("p", {}, t("upload.drop")));
  document.body.append(place);
  const show = (shown) => (place.hidden = !shown);
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    show(true);
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || show(false));
  document.addEventListener("dragend", () => show(false));
  // Before Gradio's own input, which would take a file that is dropped on it.
  document.addEventListener(
    "drop",
    (event) => {
      show(false);
      if (!carriesFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      dropped(entriesOf(event.dataTransfer));
    },
    true,
  );
}
