/** The administrator's page: the sections that this server has, the links to them, and the state of the server. */

import { button, make } from "../controls/dom.js";
import { placeLine, say, startToasts } from "../controls/notices.js";
import { bytesWords } from "../facts.js";
import { declareLanguage, numberIn, t } from "../i18n.js";
import { openPanel, stateOf } from "../model/model.js";
import { getActivity, getIdentity, getModel, getStorage, signOut, words } from "../server.js";
import { collectionsSection, tokensSection, usersSection } from "./accounts.js";
import { momentOf, rows, section } from "./sections.js";

const NEWEST = 20;

/** The strings for senders without a name, by kind: anyone while sign-in is off, a command, or unknown. */
const NAMELESS = {
  local: "admin.activity.noSignIn",
  machine: "admin.activity.command",
  nobody: "admin.activity.unknown",
};

const pairs = (facts) =>
  make("dl.fn-pairs", ...facts.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));

const modelSection = () =>
  section({
    name: "model",
    title: t("model.title"),
    isLive: false,
    draw: async () => {
      const state = make("p", { dir: "auto" });
      const show = (model) => (state.textContent = stateOf(model));
      show(await getModel());
      const open = button(t("admin.model.open"), () => openPanel(show), {
        class: "fn-button",
        "aria-haspopup": "dialog",
      });
      return [make("div.fn-row-line", state, open)];
    },
  });

const storageSection = () =>
  section({
    name: "storage",
    title: t("admin.storage"),
    isLive: false,
    draw: async () => {
      const { documents, passages, bytes, uploaders, last_backup: backup } = await getStorage();
      return [
        pairs([
          [t("admin.storage.documents"), numberIn(documents)],
          [t("admin.storage.passages"), numberIn(passages)],
          [t("admin.storage.index"), bytesWords(bytes.index)],
          [t("admin.storage.catalog"), bytesWords(bytes.catalog)],
          [t("admin.storage.answers"), bytesWords(bytes.answers)],
          [t("admin.storage.uploads"), bytesWords(bytes.uploads)],
          ...uploaders.map(({ user, token, bytes: own }) => [
            t("admin.storage.uploadsOf", { name: user ?? token ?? t("admin.activity.unknown") }),
            bytesWords(own),
          ]),
          [t("admin.storage.backup"), backup ? momentOf(backup) : t("admin.storage.noBackup")],
        ]),
        ...(backup ? [] : [make("p.fn-hint", t("admin.storage.backUp"))]),
      ];
    },
  });

const activitySection = () =>
  section({
    name: "activity",
    title: t("admin.activity"),
    about: t("admin.activity.about", { number: NEWEST }),
    draw: async () => [rows((await getActivity(NEWEST)).map(recordRow), t("admin.activity.none"))],
  });

function recordRow({ at, who, kind, action, target, outcome }) {
  const done = outcome === "done";
  return make(
    "li.fn-record",
    make("time", { datetime: new Date(at * 1000).toISOString() }, momentOf(at)),
    make("span.fn-record-who", { dir: "auto" }, who ?? t(NAMELESS[kind] ?? NAMELESS.nobody)),
    make("span.fn-record-what", make("code", action), target && make("span", { dir: "auto" }, target)),
    make(
      "span",
      { class: done ? "fn-record-done" : "fn-badge fn-badge-locked" },
      done ? t("admin.activity.done") : t("admin.activity.refused", { status: outcome }),
    ),
  );
}

declareLanguage();
startToasts();
placeLine(document.body);

const main = document.querySelector("main");

const accountSections = ({ kind, name }) =>
  kind === "local" ? [] : [usersSection(name), tokensSection(), collectionsSection()];

function account(identity) {
  const name = make("span.fn-user", { dir: "auto" }, identity.name);
  const leave = button(t("account.signOut"), () =>
    signOut(identity.form_token).catch((error) => say(words(error))),
  );
  return make("div.fn-account", name, leave);
}

try {
  const identity = await getIdentity();
  const sections = [...accountSections(identity), modelSection(), storageSection(), activitySection()];
  const links = sections.map(({ name, title }) => make("li", make("a", { href: `#${name}` }, title)));
  main.append(
    make("nav", { "aria-label": t("admin.sections") }, make("ul", ...links)),
    make("div.fn-sections", ...sections.map(({ element }) => element)),
  );
  if (identity.kind === "user") document.querySelector("header").append(account(identity));
  await Promise.all(sections.map(({ load }) => load()));
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  main.append(make("p.fn-warning", { role: "alert" }, words(error)));
}
