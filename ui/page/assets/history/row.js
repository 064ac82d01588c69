/** A conversation's row in the list, the heading of a group, and the form in which one is named. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { exactly, groupWords, whenWords } from "./days.js";

/** The row; `does` has what its buttons do: `open` and `menu`, each called with the conversation and the button. */
export function conversationRow(conversation, does, isCurrent) {
  const { conversation_id: id, name, answers, updated } = conversation;
  const when = make("time", { class: "fn-fact", datetime: updated, title: exactly(updated) }, whenWords(updated));
  const count = make("span", { class: "fn-fact" }, t("history.answers", { count: answers }));
  const open = make(
    "button",
    {
      type: "button",
      class: "fn-report fn-conversation-open",
      "data-stop": "",
      "aria-current": isCurrent ? "true" : null,
      onclick: (event) => does.open(conversation, event.currentTarget),
    },
    make("span", { class: "fn-conversation-name", dir: "auto" }, name),
    make("span", { class: "fn-facts" }, when, " ", count),
  );
  const more = button("", (event) => does.menu(conversation, event.currentTarget), {
    class: "fn-row-more",
    "data-stop": "",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "aria-label": t("library.moreOf", { title: name }),
  });
  more.append(icon("more"));
  return make("li", { "data-id": id }, make("div", { class: "fn-row" }, open, more));
}

export const dayRow = ({ group }) => make("li", { class: "fn-group fn-day" }, make("h3", {}, groupWords(group)));

/** The row that asks for older conversations. */
export const moreRow = (readMore) =>
  make(
    "li",
    { class: "fn-more-row", "data-id": "more" },
    button(t("history.more"), readMore, { class: "fn-small-button", "data-stop": "" }),
  );

/**
 * The row with a form in which a conversation is named: `save` hears of the name, and gives what is wrong with
 * it in words, else nothing; `leave` puts the row back.
 */
export function namingRow({ conversation_id: id, name, named }, { save, leave }) {
  const input = make("input", {
    class: "fn-field",
    type: "text",
    value: named ? name : "",
    placeholder: name,
    maxlength: "200",
    dir: "auto",
    autocomplete: "off",
    "aria-label": t("history.nameOf", { name }),
    "aria-describedby": "fn-name-hint",
  });
  const trouble = make("p", { class: "fn-warning", role: "alert", hidden: "" });
  const form = make(
    "form",
    { class: "fn-part fn-naming" },
    input,
    make("p", { class: "fn-remark", id: "fn-name-hint" }, t("history.nameHint")),
    trouble,
    make(
      "div",
      { class: "fn-choices" },
      make("button", { type: "submit", class: "fn-small-button fn-main" }, t("history.save")),
      button(t("history.cancel"), leave, { class: "fn-small-button" }),
    ),
  );
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    leave();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = await save(input.value.trim());
    trouble.hidden = !wrong;
    trouble.textContent = wrong ?? "";
    if (wrong) input.focus();
  });
  return make("li", { "data-id": id }, form);
}
