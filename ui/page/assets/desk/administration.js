/** Adds a link to the administrator's page below the library, for users who may open that page. */

import { icon, make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { getIdentity } from "../server.js";

export async function startAdministration() {
  const identity = await getIdentity().catch(() => null);
  if (!identity?.scopes.includes("admin")) return;
  const link = make("a", { class: "fn-administration", href: "administration" });
  link.append(icon("gear"), make("span", {}, t("admin.title")));
  document.querySelector("#fn-library .fn-side-foot").append(link);
}
