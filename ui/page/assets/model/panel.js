/**
 * The panel of the language model, a dialog: chooses who writes the answers, and tests the connection.
 *
 * If the user may not change the model, the panel only shows the model. The server never sends a key.
 */

import { button, make } from "../controls/dom.js";
import { say as announce, notify } from "../controls/notices.js";
import { t } from "../i18n.js";
import { chooseModel, clearModel, getModel, testModel, words } from "../server.js";
import { modelFields } from "./fields.js";

/** For each kind of person who may choose the model: the key of the sentence that says so. */
const CHOOSERS = { machine: "model.elsewhere", administrator: "model.administrator" };

let dialog = null;

/** Returns who writes the answers, in words. */
export const stateOf = ({ name }) => (name ? t("model.written", { name }) : t("model.quoted"));

/** Opens the panel; `onChange` receives the model whenever the panel has read or changed it. */
export async function openPanel(onChange) {
  let model;
  try {
    model = await getModel();
  } catch (error) {
    return notify(words(error), { alert: true });
  }
  onChange(model);
  dialog?.remove();
  dialog = make(
    "dialog",
    { id: "fn-model", class: "fn-dialog", "aria-labelledby": "fn-model-title" },
    make("h2", { id: "fn-model-title" }, t("model.title")),
    make("p", { class: "fn-hint" }, t("model.about")),
    model.trouble &&
      make("p", { class: "fn-warning", dir: "auto" }, t("model.trouble", { cause: model.trouble })),
    ...(model.changeable ? [form(model, onChange)] : facts(model)),
  );
  document.body.append(dialog);
  return dialog.showModal();
}

const closing = () => button(t("model.close"), () => dialog.close(), { class: "fn-button" });

/** Returns the elements of a panel that only shows the model. */
function facts(model) {
  const named = [
    [t("model.name"), model.model],
    [t("model.address"), model.address],
  ].filter(([, value]) => value);
  const rows = named.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { dir: "auto" }, value)]);
  return [
    make("p", { class: "fn-model-state" }, stateOf(model)),
    rows.length ? make("dl", {}, ...rows) : null,
    make("p", {}, model.set_by ? t("model.fixed", { name: model.set_by }) : t(CHOOSERS[model.chooser])),
    make("div", { class: "fn-dialog-buttons" }, closing()),
  ];
}

function form(model, onChange) {
  const fields = modelFields(model, () => say(""));
  const said = make("p", { class: "fn-model-said", role: "status" });
  const trouble = make("p", { class: "fn-warning", role: "alert", dir: "auto" });
  const save = make("button", { type: "submit", class: "fn-button fn-main" }, t("model.save"));
  const test = button(t("model.test"), () => run(t("model.testing"), tryOut), { class: "fn-button" });
  const element = make(
    "form",
    {},
    ...fields.elements,
    said,
    trouble,
    make("div", { class: "fn-dialog-buttons" }, save, test, closing()),
  );
  const arrange = () => {
    const chosen = fields.value();
    save.hidden = chosen?.model === null; // There is no file to choose.
    test.hidden = save.hidden || chosen === null;
  };
  element.addEventListener("change", arrange);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    run(t("model.saving"), keep);
  });
  arrange();

  function say(sentence, error = "") {
    said.textContent = sentence;
    trouble.textContent = error;
  }

  /** Runs an action of a button, unless a field is missing or another action is running. */
  async function run(sentence, action) {
    if (save.disabled || !element.reportValidity()) return;
    say(sentence);
    save.disabled = test.disabled = true;
    try {
      say(await action());
    } catch (error) {
      say("", words(error));
    } finally {
      save.disabled = test.disabled = false;
    }
  }

  async function keep() {
    const chosen = fields.value();
    const changed = await (chosen ? chooseModel(chosen) : clearModel());
    onChange(changed);
    dialog.close();
    announce(t("model.saved", { state: stateOf(changed) }));
    return "";
  }

  async function tryOut() {
    const { seconds, prompt_tokens: sent, completion_tokens: written } = await testModel(fields.value());
    return t("model.tested", { seconds: Math.max(Math.round(seconds * 10), 1) / 10, count: sent + written });
  }

  return element;
}
