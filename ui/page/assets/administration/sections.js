/** The sections of the administrator's page, the rows of their lists, and the dialogs that ask for values. */

import { copy } from "../clipboard.js";
import { button, findAgain, make, remembered } from "../controls/dom.js";
import { moreButton, toggleMenu } from "../controls/menu.js";
import { placeLine, say } from "../controls/notices.js";
import { momentWords } from "../facts.js";
import { t } from "../i18n.js";
import { words } from "../server.js";

const live = [];

/**
 * `draw` resolves to its content; `load` draws it again and keeps the focus. Each change draws an `isLive`
 * section again. `add` is {words, run}: a button beside the title.
 */
export function section({ name, title, about, add, draw, isLive = true }) {
  const body = make("div.fn-section-body");
  const head = make("div.fn-section-head", make("h2", { id: `fn-${name}-title` }, title));
  if (add) head.append(button(add.words, add.run, { class: "fn-button" }));
  const element = make(
    "section",
    { id: name, "aria-labelledby": `fn-${name}-title` },
    head,
    about && make("p.fn-hint", about),
    body,
  );
  async function load() {
    try {
      const content = await draw();
      const memory = body.contains(document.activeElement) ? remembered(document.activeElement) : null;
      body.replaceChildren(...content);
      findAgain(memory)?.focus({ preventScroll: true });
    } catch (error) {
      body.replaceChildren(make("p.fn-warning", { role: "alert" }, words(error)));
    }
  }
  if (isLive) live.push(load);
  return { name, title, element, load };
}

export const drawAgain = () => Promise.all(live.map((load) => load()));
export const rows = (items, none) => (items.length ? make("ul.fn-rows", ...items) : make("p.fn-hint", none));

/** `badges` are [words, kind]. `entries` are those of a menu (controls/menu.js). */
export function row({ id, name, badges = [], facts, entries = [], isEnded = false }) {
  const open = (opener) => toggleMenu(opener, entries);
  const more = entries.length ? moreButton(t("admin.more", { name }), open) : null;
  const said = badges.map(([said, kind]) => make("span", { class: `fn-badge fn-badge-${kind}` }, said));
  return make(
    "li",
    { "data-id": id, class: isEnded ? "fn-ended" : null },
    make(
      "div.fn-row-words",
      make("p.fn-row-name", make("span", { dir: "auto" }, name), ...said),
      make("p.fn-row-facts", ...facts.filter(Boolean).map((fact) => make("span", fact))),
    ),
    more,
  );
}

export async function act(run, done) {
  try {
    await run();
    say(done);
  } catch (error) {
    say(words(error));
  }
  await drawAgain();
}

export const dayWords = (seconds) => momentWords(new Date(seconds * 1000), { dateStyle: "medium" });

export const momentOf = (seconds) =>
  momentWords(new Date(seconds * 1000), { dateStyle: "medium", timeStyle: "short" });

// Dialogs

const TITLE = "fn-asked-title";

/**
 * `run` sends it; its errors are shown in the dialog. If `run` resolves to elements, they take the place of
 * the form, as for a value that is shown once. `danger` marks what cannot be undone.
 */
export function askFor({ title, about, fields = [], submit, run, danger = false }) {
  const heading = make("h2", { id: TITLE }, title);
  const dialog = make("dialog.fn-dialog", { "aria-labelledby": TITLE }, heading);
  const trouble = make("p.fn-warning", { role: "alert", dir: "auto" });
  const send = make(
    "button",
    { type: "submit", class: `fn-button fn-main${danger ? " fn-danger" : ""}` },
    submit,
  );
  const cancel = button(t("admin.cancel"), () => dialog.close(), { class: "fn-button" });
  const form = make(
    "form",
    { method: "dialog" },
    about && make("p.fn-hint", about),
    ...fields,
    trouble,
    make("div.fn-dialog-buttons", send, cancel),
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
      form.replaceWith(...shown, make("div.fn-dialog-buttons", close));
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

export function field(label, input, ...below) {
  const name = make("label", { for: input.id }, label);
  return make("div.fn-dialog-field", name, input, ...below);
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

export const select = (id, options) =>
  make(
    "select",
    { id, class: "fn-field" },
    ...options.map(([value, said]) => make("option", { value }, said)),
  );

export function checks(legend, name, options) {
  const rows = options.map(([value, said, checked]) =>
    make("label", make("input", { type: "checkbox", name, value, checked: checked ? "" : null }), said),
  );
  return make("fieldset.fn-checks", make("legend", legend), ...rows);
}

export const checkedIn = (group) => [...group.querySelectorAll(":checked")].map(({ value }) => value);

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
