/** Starts the administrator's page: adds the sections that this server has, and the links to them. */

import { button, make } from "../controls/dom.js";
import { placeLine, say, startToasts } from "../controls/notices.js";
import { declareLanguage, t } from "../i18n.js";
import { getIdentity, signOut, words } from "../server.js";
import { collectionsSection } from "./collections.js";
import { activitySection, modelSection, storageSection } from "./status.js";
import { tokensSection } from "./tokens.js";
import { usersSection } from "./users.js";

declareLanguage();
startToasts();
placeLine(document.body);

const main = document.querySelector("main");

/** Returns the sections about people; none while nobody signs in. */
const accountSections = ({ kind, name }) =>
  kind === "local" ? [] : [usersSection(name), tokensSection(), collectionsSection()];

function account(identity) {
  const name = make("span", { class: "fn-user", dir: "auto" }, identity.name);
  const leave = button(t("account.signOut"), () =>
    signOut(identity.form_token).catch((error) => say(words(error))),
  );
  return make("div", { class: "fn-account" }, name, leave);
}

try {
  const identity = await getIdentity();
  const sections = [...accountSections(identity), modelSection(), storageSection(), activitySection()];
  const links = sections.map(({ name, title }) => make("li", {}, make("a", { href: `#${name}` }, title)));
  main.append(
    make("nav", { "aria-label": t("admin.sections") }, make("ul", {}, ...links)),
    make("div", { class: "fn-sections" }, ...sections.map(({ element }) => element)),
  );
  if (identity.kind === "user") document.querySelector("header").append(account(identity));
  await Promise.all(sections.map(({ load }) => load()));
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  main.append(make("p", { class: "fn-warning", role: "alert" }, words(error)));
}
