/** Dialogs that ask an administrator for values, or for a confirmation. */

import { copy } from "../clipboard.js";
import { button, make } from "../controls/dom.js";
import { placeLine, say } from "../controls/notices.js";
import { t } from "../i18n.js";
import { words } from "../server.js";

const TITLE = "fn-asked-title";

/**
 * Shows a form. `run` sends it; its errors are shown in the dialog. If `run` resolves to elements, they take
 * the place of the form, as for a value that is shown once. `danger` marks what cannot be undone.
 */
export function askFor({ title, about, fields = [], submit, run, danger = false }) {
  const heading = make("h2", { id: TITLE }, title);
  const dialog = make("dialog", { class: "fn-dialog", "aria-labelledby": TITLE }, heading);
  const trouble = make("p", { class: "fn-warning", role: "alert", dir: "auto" });
  const send = make(
    "button",
    { type: "submit", class: `fn-button fn-main${danger ? " fn-danger" : ""}` },
    submit,
  );
  const cancel = button(t("admin.cancel"), () => dialog.close(), { class: "fn-button" });
  const form = make(
    "form",
    { method: "dialog" },
    about && make("p", { class: "fn-hint" }, about),
    ...fields,
    trouble,
    make("div", { class: "fn-dialog-buttons" }, send, cancel),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    trouble.textContent = "";
    try {
      const shown = await run();
      if (!shown) return dialog.close();
      const close = button(t("model.close"), () => dialog.close(), { class: "fn-button" });
      form.replaceWith(...shown, make("div", { class: "fn-dialog-buttons" }, close));
    } catch (error) {
      trouble.textContent = words(error);
    }
    send.disabled = false;
    return undefined;
  });
  dialog.addEventListener("close", () => {
    placeLine(document.body);
    dialog.remove();
  });
  dialog.append(form);
  placeLine(dialog);
  document.body.append(dialog);
  dialog.showModal();
}

/** Returns a labelled field; `below` are hints and further controls. */
export function field(label, input, ...below) {
  const name = make("label", { for: input.id }, label);
  return make("div", { class: "fn-dialog-field" }, name, input, ...below);
}

export const input = (id, attributes) =>
  make("input", {
    id,
    class: "fn-field",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    ...attributes,
  });

/** Returns a list of choices; `options` are [value, words]. */
export const select = (id, options) =>
  make(
    "select",
    { id, class: "fn-field" },
    ...options.map(([value, said]) => make("option", { value }, said)),
  );

/** Returns a group of checkboxes; `options` are [value, words, checked]. */
export function checks(legend, name, options) {
  const rows = options.map(([value, said, checked]) =>
    make("label", {}, make("input", { type: "checkbox", name, value, checked: checked ? "" : null }), said),
  );
  return make("fieldset", { class: "fn-checks" }, make("legend", {}, legend), ...rows);
}

/** Returns the checked values of a group. */
export const checkedIn = (group) => [...group.querySelectorAll(":checked")].map(({ value }) => value);

/** Returns a button that copies what `value` returns. */
export function copyButton(value) {
  return button(
    t("admin.copy"),
    async () => {
      const text = value();
      await copy({ text, html: text }).then(
        () => say(t("admin.copied")),
        () => say(t("admin.notCopied")),
      );
    },
    { class: "fn-link-button" },
  );
}
