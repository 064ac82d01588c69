/**
 * The buttons of an answer, which ui/page/markup/answer.py draws, and the forms that edit a question or add a
 * note.
 */

import { copy } from "../clipboard.js";
import { JUDGEMENTS, MAX_NOTE_CHARACTERS, MAX_QUESTION_CHARACTERS } from "../constants.js";
import { button, make, onEscape } from "../controls/dom.js";
import { say } from "../controls/notices.js";
import { t } from "../i18n.js";
import { getCopied, giveFeedback, words } from "../server.js";
import { answerAround, answersShown, focusConversation, idOf, questionOf } from "./answers.js";
import { onRequest, request } from "./request.js";

const DOES = {
  "fn-act-copy": copyAnswer,
  "fn-act-link": copyLink,
  "fn-act-again": (answer) => repeat(answer, {}),
  "fn-act-exact": (answer) => repeat(answer, { exact: true }),
  "fn-act-edit": edit,
  "fn-act-judge": judge,
};

export function startActions() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
}

function onClick(event) {
  closeMenus(event.target.closest?.(".fn-save"));
  const link = event.target.closest?.("#fn-conversation .fn-file");
  if (link) {
    link.closest(".fn-save").open = false;
    // Gradio strips the attribute. Without it, an error of the server would replace the page.
    link.download = "";
    say(t("answer.saving", { format: link.textContent }));
  }
  const whole = event.target.closest?.("#fn-conversation .fn-whole");
  if (whole && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    request({ do: "open", conversation_id: new URL(whole.href).searchParams.get("conversation") });
  }
  const button = event.target.closest?.("#fn-conversation .fn-act");
  const answer = button && answerAround(button);
  const name = answer && Object.keys(DOES).find((each) => button.classList.contains(each));
  if (name) DOES[name](answer, button);
}

function onKey(event) {
  const menu = event.key === "Escape" && event.target.closest?.(".fn-save[open]");
  if (!menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector("summary").focus();
}

function closeMenus(but) {
  for (const menu of document.querySelectorAll("#fn-conversation .fn-save[open]"))
    if (menu !== but) menu.open = false;
}

async function copyAnswer(answer) {
  const copying = getCopied(idOf(answer));
  try {
    await copy(copying);
    say(t("answer.copied"));
  } catch {
    // If the server failed, show its message; else the browser has refused to copy.
    say(await copying.then(() => t("answer.notCopied"), words), { lasting: true });
  }
}

async function copyLink(answer) {
  const link = new URL(`?answer=${idOf(answer)}`, document.baseURI).href;
  try {
    await copy({ text: link, html: link });
    say(t("answer.linkCopied"));
  } catch {
    say(t("answer.linkNotCopied", { link }), { lasting: true });
  }
}

function repeat(answer, how) {
  const later = answersShown().length - answersShown().indexOf(answer) - 1;
  request({ do: "again", answer_id: idOf(answer), ...how });
  focusConversation();
  say(later ? t("answer.againWithout", { count: later }) : t("answer.again"));
}

// Question form

const open = { id: null, close: null }; // the answer of the open form, and the function that closes it

onRequest(() => open.close?.());

/** Closes the form if its answer has left the page, since saving would act on another answer. */
export function keepEditing() {
  if (open.close && !document.getElementById(open.id)) open.close();
}

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
    "form.fn-edit",
    field,
    make("p.fn-hint", hint(answer)),
    make("div.fn-edit-bar", make("button.fn-go", t("edit.save")), button(t("edit.cancel"), cancel)),
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

// Feedback

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
    "form.fn-edit.fn-note-form",
    field,
    make("div.fn-edit-bar", make("button.fn-go", t("judge.send")), button(t("judge.close"), close)),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const note = field.value.trim();
    if (!note) return close();
    if (!(await give(answer, verdict, note))) return;
    close();
    say(t("judge.noteKept"));
  });
  onEscape(form, close);
  answer.querySelector(".fn-actions").after(form);
}

export function pressGiven() {
  for (const button of document.querySelectorAll("#fn-conversation .fn-act-judge")) {
    const pressed = String(button.classList.contains("fn-given"));
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
}
