/** The sections of users, tokens and collections. */

import {
  MAX_ACCOUNT_CHARACTERS,
  MAX_PASSWORD_CHARACTERS,
  MIN_PASSWORD_CHARACTERS,
  ROLES,
  SCOPES,
} from "../constants.js";
import { button, make } from "../controls/dom.js";
import { say } from "../controls/notices.js";
import { listed, t } from "../i18n.js";
import {
  addToken,
  addUser,
  changeUser,
  getCollections,
  getTokens,
  getUsers,
  getUsersAndProvider,
  limitCollection,
  removeUser,
  revokeToken,
  words,
} from "../server.js";
import {
  act,
  askFor,
  checkedIn,
  checks,
  copyButton,
  dayWords,
  drawAgain,
  field,
  input,
  momentOf,
  row,
  rows,
  section,
  select,
} from "./sections.js";

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

const hint = (words) => make("p.fn-hint", words);

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

  const buttons = make("div.fn-field-buttons", making, copying);
  const element = field(t("signIn.password"), typed, said, buttons);
  const show = (isShown) => {
    element.hidden = !isShown;
    typed.disabled = !isShown;
  };
  return { element, value: () => typed.value, show };
}

// Tokens

const DAYS = [30, 90, 365];
const hasEnded = ({ revoked, expires }) => Boolean(revoked) || (expires && expires * 1000 <= Date.now());

export function tokensSection() {
  return section({
    name: "tokens",
    title: t("admin.tokens"),
    about: t("admin.tokens.about"),
    add: { words: t("admin.token.add"), run: add },
    draw: async () => {
      const all = await getTokens();
      const ended = all.filter(hasEnded);
      const active = all.filter((token) => !hasEnded(token));
      const summary = make("summary", t("admin.token.ended", { count: ended.length }));
      const past = ended.length ? make("details", summary, rows(ended.map(tokenRow), "")) : null;
      return [rows(active.map(tokenRow), t("admin.tokens.none")), past].filter(Boolean);
    },
  });

  function tokenRow(token) {
    const { name, user, expires, revoked, used } = token;
    const isEnded = hasEnded(token);
    return row({
      id: `token:${name}`,
      name,
      isEnded,
      badges: isEnded ? [[t(revoked ? "admin.token.revoked" : "admin.token.expired"), "locked"]] : [],
      facts: [
        user ?? t("admin.token.nobody"),
        token.scopes.join(", "),
        t("admin.added", { date: dayWords(token.created) }),
        isEnded
          ? null
          : expires
            ? t("admin.token.expires", { date: dayWords(expires) })
            : t("admin.token.noEnd"),
        used ? t("admin.token.used", { date: momentOf(used) }) : t("admin.token.unused"),
      ],
      entries: isEnded ? [] : [{ words: t("admin.token.revoke"), run: () => revoke(name), danger: true }],
    });
  }

  async function add() {
    const people = await getUsers().catch(() => []);
    const name = input("fn-token-name", {
      required: "",
      maxlength: MAX_ACCOUNT_CHARACTERS,
      autocapitalize: "none",
    });
    const owner = select("fn-token-owner", [
      ["", t("admin.token.nobody")],
      ...people.map((user) => [user.name, user.name]),
    ]);
    const scopes = checks(
      t("admin.token.scopes"),
      "scope",
      SCOPES.map((scope) => [scope, t(`admin.scope.${scope}`), scope === "read"]),
    );
    const days = select("fn-token-days", [
      ...DAYS.map((count) => [count, t("admin.token.days", { count })]),
      ["", t("admin.token.never")],
    ]);
    days.value = "90";
    askFor({
      title: t("admin.token.add"),
      fields: [
        field(t("signIn.name"), name, make("p.fn-hint", t("admin.token.nameHint"))),
        field(t("admin.token.owner"), owner),
        scopes,
        field(t("admin.token.ends"), days),
      ],
      submit: t("admin.token.add"),
      run: async () => {
        const added = await addToken({
          name: name.value,
          scopes: checkedIn(scopes),
          user: owner.value || null,
          days: days.value ? Number(days.value) : null,
        });
        await drawAgain();
        const secret = input("fn-token-secret", { readonly: "" });
        secret.value = added.token;
        const about = make("p.fn-hint", t("admin.token.once"));
        const copying = make(
          "div.fn-field-buttons",
          copyButton(() => secret.value),
        );
        return [field(t("admin.token.new", { name: added.name }), secret, about, copying)];
      },
    });
  }

  function revoke(name) {
    askFor({
      title: t("admin.token.revoking", { name }),
      about: t("admin.token.revokes"),
      submit: t("admin.token.revokeNow"),
      danger: true,
      run: async () => {
        await revokeToken(name);
        say(t("admin.token.isRevoked", { name }));
        await drawAgain();
      },
    });
  }
}

// Collections

function viewers({ limited_to: names }) {
  if (!names) return t("admin.collection.everyone");
  if (!names.length) return t("admin.collection.administrators");
  return t("admin.collection.users", { names: listed(names).join("") });
}

export function collectionsSection() {
  return section({
    name: "collections",
    title: t("admin.collections"),
    about: t("admin.collections.about"),
    draw: async () => [rows((await getCollections()).map(collectionRow), t("admin.collections.none"))],
  });

  function collectionRow(one) {
    const { collection: name, documents, limited_to: names } = one;
    const open = {
      words: t("admin.collection.open"),
      run: () => act(() => limitCollection(name, null), t("admin.collection.opened", { name })),
    };
    return row({
      id: `collection:${name}`,
      name,
      badges: names ? [[t("admin.collection.limited"), "role"]] : [],
      facts: [t("library.count", { count: documents }), viewers(one)],
      entries: [
        { words: t("admin.collection.limit"), run: () => limit(one).catch((error) => say(words(error))) },
        ...(names ? [open] : []),
      ],
    });
  }

  async function limit({ collection: name, limited_to: names }) {
    const members = (await getUsers()).filter(({ role }) => role === "member");
    const chosen = checks(
      t("admin.collection.chosen"),
      "viewer",
      members.map((user) => [user.name, user.name, (names ?? []).includes(user.name)]),
    );
    const nobody = make("p.fn-hint", t("admin.collection.noMember"));
    askFor({
      title: t("admin.collection.limiting", { name }),
      about: t("admin.collections.about"),
      fields: [members.length ? chosen : nobody],
      submit: t("model.save"),
      run: async () => {
        const administrators = (names ?? []).filter((one) => !members.some((user) => user.name === one));
        await limitCollection(name, [...checkedIn(chosen), ...administrators]);
        say(t("admin.saved"));
        await drawAgain();
      },
    });
  }
}
