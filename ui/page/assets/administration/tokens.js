/** The section of tokens: add a token, which the page shows once, and revoke a token. */

import { MAX_ACCOUNT_CHARACTERS, SCOPES } from "../constants.js";
import { make } from "../controls/dom.js";
import { say } from "../controls/notices.js";
import { t } from "../i18n.js";
import { addToken, getTokens, getUsers, revokeToken } from "../server.js";
import { askFor, checkedIn, checks, copyButton, field, input, select } from "./dialogs.js";
import { dayWords, drawAgain, momentOf, row, rows, section } from "./sections.js";

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
      const summary = make("summary", {}, t("admin.token.ended", { count: ended.length }));
      const past = ended.length ? make("details", {}, summary, rows(ended.map(tokenRow), "")) : null;
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
        field(t("signIn.name"), name, make("p", { class: "fn-hint" }, t("admin.token.nameHint"))),
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
        const about = make("p", { class: "fn-hint" }, t("admin.token.once"));
        const copying = make(
          "div",
          { class: "fn-field-buttons" },
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
