/** Why a file was not added, in a sentence, and the field for the password of one that has one. */

import { make } from "../dom.js";
import { t } from "../i18n.js";

/** What is wrong with a file, which the server says as a predicate of its name. */
export function sentenceOf(why, name) {
  const said = why.startsWith(`${name}: `) ? `It ${why.slice(name.length + 2)}` : why;
  return `${said[0].toUpperCase()}${said.slice(1).replace(/\.$/, "")}.`;
}

export const wantsPassword = (why, name) => /^It is encrypted\b.*\bpassword\b/.test(sentenceOf(why, name));

/** Asks for the password of a file; `given` hears of it. */
export function passwordForm(name, given) {
  const input = make("input", {
    type: "password",
    autocomplete: "off",
    required: "",
    class: "fn-field",
    "aria-label": t("upload.passwordOf", { name }),
    placeholder: t("upload.password"),
  });
  const form = make(
    "form",
    { class: "fn-password" },
    input,
    make("button", { type: "submit", class: "fn-small-button" }, t("upload.again")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    given(input.value);
  });
  return form;
}
