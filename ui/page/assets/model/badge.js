/** Shows below the question who writes the answers; a click opens the panel that chooses the language model. */

import { button, make } from "../controls/dom.js";
import { drawn } from "../gradio.js";
import { t } from "../i18n.js";
import { getModel } from "../server.js";
import { openPanel, stateOf } from "./panel.js";

const words = make("span", { dir: "auto" });
const badge = button("", () => openPanel(show), {
  class: "fn-model-badge",
  "aria-haspopup": "dialog",
  title: t("model.title"),
  hidden: "",
});
badge.append(make("span", { class: "fn-model-dot", "aria-hidden": "true" }), words);

function show(model) {
  words.textContent = stateOf(model);
  badge.classList.toggle("fn-model-writes", Boolean(model.name));
  badge.classList.toggle("fn-model-trouble", Boolean(model.trouble));
  badge.hidden = false;
}

/** Reads the model; if the server does not respond, the badge stays as it is. */
const refresh = () => getModel().then(show, () => null);

/** Adds the badge, as soon as Gradio has rendered the input; another page may have changed the model since. */
export async function startModel() {
  const input = await drawn("#fn-question");
  input.append(badge);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  await refresh();
}
