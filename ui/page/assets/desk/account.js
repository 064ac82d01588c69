/** Shows who is signed in, with a button to sign out, and links administrators to their page. */

import { button, icon, make } from "../controls/dom.js";
import { notify } from "../controls/notices.js";
import { drawn } from "../gradio.js";
import { t } from "../i18n.js";
import { getIdentity, signOut, words } from "../server.js";

export async function startAccount() {
  const identity = await getIdentity().catch(() => null);
  if (identity?.kind !== "user") return;
  const name = make("span.fn-user", { dir: "auto", title: identity.name }, identity.name);
  const leave = button(t("account.signOut"), () =>
    signOut(identity.form_token).catch((error) => notify(words(error), { alert: true })),
  );
  const account = make("nav", { id: "fn-account", "aria-label": t("account.label") }, name, leave);
  // The button that starts a conversation stands beside it.
  new ResizeObserver(() =>
    document.documentElement.style.setProperty("--fn-account", `${account.offsetWidth}px`),
  ).observe(account);
  (await drawn("#fn-banner")).after(account);
}

// Administration

export async function startAdministration() {
  const identity = await getIdentity().catch(() => null);
  if (!identity?.scopes.includes("admin")) return;
  const contents = [icon("gear"), make("span", t("admin.title"))];
  const link = make("a.fn-administration", { href: "administration" }, ...contents);
  document.querySelector("#fn-library .fn-side-foot").append(link);
}
