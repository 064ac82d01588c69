/** The section of users: add, lock out, let in again, give a new password or another role, remove. */

import {
  MAX_ACCOUNT_CHARACTERS,
  MAX_PASSWORD_CHARACTERS,
  MIN_PASSWORD_CHARACTERS,
  ROLES,
} from "../constants.js";
import { button, make } from "../controls/dom.js";
import { say } from "../controls/notices.js";
import { t } from "../i18n.js";
import { addUser, changeUser, getUsersAndProvider, removeUser } from "../server.js";
import { askFor, copyButton, field, input, select } from "./dialogs.js";
import { act, dayWords, drawAgain, momentOf, row, rows, section } from "./sections.js";

// 32 letters and digits that nobody confuses: 20 of them are 100 random bits.
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** Returns the section; `me` is the name of the administrator. */
export function usersSection(me) {
  const change = (name, changes, done) => act(() => changeUser(name, changes), done);
  let provider = null;

  return section({
    name: "users",
    title: t("admin.users"),
    about: t("admin.users.about"),
    add: { words: t("admin.user.add"), run: add },
    draw: async () => {
      const found = await getUsersAndProvider();
      provider = found.provider;
      return [rows(found.users.map(userRow), "")];
    },
  });
  function userRow(user) {
    const { name, role, disabled } = user;
    const other = ROLES.find((one) => one !== role);
    return row({
      id: `user:${name}`,
      name,
      badges: [
        role === "administrator" && [t("admin.role.administrator"), "role"],
        name === me && [t("admin.user.you"), "you"],
        disabled && [t("admin.user.locked"), "locked"],
      ].filter(Boolean),
      facts: [
        t("admin.added", { date: dayWords(user.created) }),
        user.provider && t("admin.user.with", { name: new URL(user.provider).host }),
        user.signed_in && t("admin.user.seen", { date: momentOf(user.signed_in) }),
      ],
      entries: [
        { words: t("admin.user.newPassword"), run: () => setPassword(name) },
        {
          words: t(`admin.user.make.${other}`),
          run: () => change(name, { role: other }, t(`admin.user.made.${other}`, { name })),
        },
        disabled
          ? {
              words: t("admin.user.unlock"),
              run: () => change(name, { disabled: false }, t("admin.user.unlocked", { name })),
            }
          : {
              words: t("admin.user.lock"),
              run: () => change(name, { disabled: true }, t("admin.user.lockedOut", { name })),
            },
        { separator: true },
        { words: t("admin.user.remove"), run: () => remove(name), danger: true },
      ],
    });
  }

  function add() {
    const name = input("fn-user-name", {
      required: "",
      maxlength: MAX_ACCOUNT_CHARACTERS,
      autocapitalize: "none",
    });
    const role = select(
      "fn-user-role",
      ROLES.map((one) => [one, t(`admin.role.${one}`)]),
    );
    const password = passwordField();
    const way = select("fn-user-way", [
      ["password", t("signIn.password")],
      ...(provider ? [["provider", new URL(provider).host]] : []),
    ]);
    const expected = hint(t("admin.user.expected"));
    const isProvided = () => way.value === "provider";
    const showWay = () => {
      password.show(!isProvided());
      expected.hidden = !isProvided();
    };
    way.addEventListener("change", showWay);
    showWay();
    askFor({
      title: t("admin.user.add"),
      fields: [
        field(t("signIn.name"), name, hint(t("admin.user.nameHint"))),
        field(t("admin.user.role"), role),
        provider && field(t("admin.user.way"), way, expected),
        password.element,
      ].filter(Boolean),
      submit: t("admin.user.add"),
      run: async () => {
        const own = isProvided() ? { provider: true } : { password: password.value() };
        const added = await addUser({ name: name.value, role: role.value, ...own });
        say(t("admin.user.ready", { name: added.name }));
        await drawAgain();
      },
    });
  }

  function setPassword(name) {
    const password = passwordField();
    askFor({
      title: t("admin.user.passwordOf", { name }),
      about: t("admin.user.passwordAbout"),
      fields: [password.element],
      submit: t("model.save"),
      run: async () => {
        await changeUser(name, { password: password.value() });
        say(t("admin.user.changed", { name }));
        await drawAgain();
      },
    });
  }

  function remove(name) {
    askFor({
      title: t("admin.user.removing", { name }),
      about: t("admin.user.removes"),
      submit: t("admin.user.removeNow"),
      danger: true,
      run: async () => {
        await removeUser(name);
        say(t("admin.user.removed", { name }));
        await drawAgain();
      },
    });
  }
}

const hint = (words) => make("p", { class: "fn-hint" }, words);

/** Returns {element, value, show} of a password that the administrator types, or lets the page make. */
function passwordField() {
  const typed = input("fn-user-password", {
    type: "password",
    autocomplete: "new-password",
    required: "",
    minlength: MIN_PASSWORD_CHARACTERS,
    maxlength: MAX_PASSWORD_CHARACTERS,
  });
  const said = hint(t("admin.password.hint"));
  const copying = copyButton(() => typed.value);
  copying.hidden = true;
  const making = button(t("admin.password.make"), fill, { class: "fn-link-button" });

  function fill() {
    const bytes = crypto.getRandomValues(new Uint8Array(20));
    const letters = [...bytes].map((byte) => LETTERS[byte % LETTERS.length]).join("");
    typed.value = letters.match(/.{5}/g).join("-");
    typed.type = "text";
    said.textContent = t("admin.password.made");
    copying.hidden = false;
  }

  const buttons = make("div", { class: "fn-field-buttons" }, making, copying);
  const element = field(t("signIn.password"), typed, said, buttons);
  const show = (isShown) => {
    element.hidden = !isShown;
    typed.disabled = !isShown;
  };
  return { element, value: () => typed.value, show };
}
