/** Handles the buttons below an answer, which ui/page/markup/answer.py draws. */

import { copy } from "../clipboard.js";
import { say } from "../controls/notices.js";
import { t } from "../i18n.js";
import { getCopied, words } from "../server.js";
import { answerAround, answersShown, focusConversation, idOf } from "./answers.js";
import { judge } from "./feedback.js";
import { edit } from "./question_form.js";
import { request } from "./request.js";

const DOES = {
  "fn-act-copy": copyAnswer,
  "fn-act-link": copyLink,
  "fn-act-again": askAgain,
  "fn-act-exact": searchAsTyped,
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

function askAgain(answer) {
  repeat(answer, {});
}

function searchAsTyped(answer) {
  repeat(answer, { exact: true });
}

function repeat(answer, how) {
  const later = answersShown().length - answersShown().indexOf(answer) - 1;
  request({ do: "again", answer_id: idOf(answer), ...how });
  focusConversation();
  say(later ? t("answer.againWithout", { count: later }) : t("answer.again"));
}
