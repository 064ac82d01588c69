/** Sends a reader's judgement of an answer to the server at once, and then offers to add a note. */

import { JUDGEMENTS, MAX_NOTE_CHARACTERS } from "../constants.js";
import { button, make } from "../controls/dom.js";
import { say } from "../controls/notices.js";
import { t } from "../i18n.js";
import { giveFeedback, words } from "../server.js";
import { idOf, questionOf } from "./answers.js";

/** Sends the judgement of the button `pressed`. */
export async function judge(answer, pressed) {
  const verdict = JUDGEMENTS.find((name) => pressed.classList.contains(`fn-act-${name}`));
  if (!(await give(answer, verdict))) return;
  for (const other of answer.querySelectorAll(".fn-act-judge"))
    other.classList.toggle("fn-given", other === pressed);
  pressGiven();
  say(t("judge.kept", { judgement: pressed.textContent }));
  askForNote(answer, verdict, pressed);
}

async function give(answer, verdict, note) {
  const question = questionOf(answer)?.textContent ?? "";
  try {
    await giveFeedback({ question, verdict, answer_id: idOf(answer), ...(note && { note }) });
    return true;
  } catch (error) {
    say(words(error), { lasting: true });
    return false;
  }
}

function askForNote(answer, verdict, pressed) {
  answer.querySelector(".fn-note-form")?.remove();
  const field = make("textarea", {
    "aria-label": t("judge.note"),
    rows: "2",
    maxlength: MAX_NOTE_CHARACTERS,
    dir: "auto",
  });
  field.placeholder = t("judge.noteOptional");
  const close = () => {
    form.remove();
    pressed.focus();
  };
  const form = make(
    "form",
    { class: "fn-edit fn-note-form" },
    field,
    make(
      "div",
      { class: "fn-edit-bar" },
      make("button", { class: "fn-go" }, t("judge.send")),
      button(t("judge.close"), close),
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const note = field.value.trim();
    if (!note) return close();
    if (!(await give(answer, verdict, note))) return;
    close();
    say(t("judge.noteKept"));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  answer.querySelector(".fn-actions").after(form);
}

/** Sets `aria-pressed` of each judgement's button from its class. */
export function pressGiven() {
  for (const button of document.querySelectorAll("#fn-conversation .fn-act-judge")) {
    const pressed = String(button.classList.contains("fn-given"));
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
}
