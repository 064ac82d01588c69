/** The versions of a report that are kept, the newest first. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { dateWords, ownDate, timeWords } from "../words.js";

/** The list; `open` shows a version, `compare` what changed from one to another. */
export function versionList(report, versions, { open, compare }) {
  const item = (version, index) => {
    const before = versions[index + 1];
    const shown = version.version === report.version;
    const published = ownDate(version) && t("source.publishedOn", { date: dateWords(ownDate(version)) });
    const name = t("source.version", { version: version.version });
    const title = shown
      ? make("span", { class: "fn-version", "aria-current": "true" }, name)
      : button(name, () => open({ id: report.document_id, version: version.version }), {
          class: "fn-version",
        });
    const facts = [
      version.superseded_by == null ? t("source.currentVersion") : null,
      shown ? t("source.shownVersion") : null,
      published,
      t("source.addedOn", { time: timeWords(version.added) }),
    ].filter(Boolean);
    const change = before
      ? button(t("source.whatChanged"), () => compare(before.version, version.version), {
          class: "fn-compare",
          "aria-label": t("source.whatChangedBetween", { from: before.version, to: version.version }),
        })
      : null;
    return make(
      "li",
      {},
      title,
      make("span", { class: "fn-facts" }, ...facts.map((fact) => make("span", {}, fact))),
      change,
    );
  };
  return make("ol", { class: "fn-versions" }, ...versions.map(item));
}
