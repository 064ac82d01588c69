/** Edits a question in place. Saving asks the question again, and replaces its answer and all later ones. */

import { MAX_QUESTION_CHARACTERS } from "../constants.js";
import { button, make } from "../controls/dom.js";
import { say } from "../controls/notices.js";
import { t } from "../i18n.js";
import { answersShown, focusConversation, idOf, questionOf } from "./answers.js";
import { onRequest, request } from "./request.js";

const open = { id: null, close: null }; // the answer of the open form, and the function that closes it

onRequest(() => open.close?.());

/** Closes the form if its answer has left the page, since saving would act on another answer. */
export function keepEditing() {
  if (open.close && !document.getElementById(open.id)) open.close();
}

/** Puts a form in place of an answer's question; on cancel, the focus returns to `opener`. */
export function edit(answer, opener) {
  const question = questionOf(answer);
  if (!question) return;
  if (question.hidden && question.isConnected && open.id === answer.id) {
    question.nextElementSibling?.querySelector("textarea")?.focus();
    return;
  }
  const before = question.textContent;
  const label = t("edit.label");
  const field = make("textarea", {
    "aria-label": label,
    rows: "2",
    maxlength: MAX_QUESTION_CHARACTERS,
    dir: "auto",
  });
  field.value = before;
  open.close?.();
  const close = () => {
    form.remove();
    question.hidden = false;
    Object.assign(open, { id: null, close: null });
  };
  const cancel = () => {
    close();
    opener.focus();
  };
  const form = make(
    "form",
    { class: "fn-edit" },
    field,
    make("p", { class: "fn-hint" }, hint(answer)),
    make(
      "div",
      { class: "fn-edit-bar" },
      make("button", { class: "fn-go" }, t("edit.save")),
      button(t("edit.cancel"), cancel),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = field.value.trim();
    if (!asked) return field.focus();
    close();
    if (asked === before) return opener.focus();
    request({ do: "edit", answer_id: idOf(answer), question: asked });
    focusConversation();
    say(t("edit.asked"));
  });
  field.addEventListener("keydown", (event) => {
    // During composition, Enter may choose a word.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      cancel();
    }
  });
  Object.assign(open, { id: answer.id, close });
  question.hidden = true;
  question.after(form);
  field.focus();
  form.scrollIntoView({ block: "nearest" });
}

function hint(answer) {
  const all = answersShown();
  return t("edit.hint", { count: all.length - all.indexOf(answer) });
}
