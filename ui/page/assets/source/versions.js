/** Lists the kept versions of a report, and shows what changed between two of them. */

import { button, make } from "../controls/dom.js";
import { dateWords, ownDate, timeWords } from "../facts.js";
import { t } from "../i18n.js";
import { getChanges, words } from "../server.js";
import { readable } from "./tables.js";

/** Creates the list; `open` opens a version, `compare` shows what changed between two. */
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

// Changes

/** Creates a section with the changes, or with an error; `open` opens a place. */
export async function changesSection(report, from, to, open) {
  const title = make("h3", { tabindex: "-1" }, t("source.changes", { from, to }));
  const place = make("section", { class: "fn-changes" }, title);
  try {
    place.append(...changeElements(report, await getChanges(report.document_id, from, to), open));
  } catch (error) {
    place.append(make("p", { class: "fn-warning", role: "alert" }, words(error)));
  }
  return place;
}

function changeElements(report, found, open) {
  const { came, went, changes, left_out: more } = found;
  if (!came && !went) return [make("p", { class: "fn-empty" }, t("source.nothingChanged"))];
  const sum = [t("source.cameCount", { count: came }), t("source.wentCount", { count: went })];
  return [
    make("p", { class: "fn-facts" }, ...sum.map((words) => make("span", {}, words))),
    make("ol", {}, ...changes.map((change) => make("li", {}, changeElement(report, found, change, open)))),
    more ? make("p", { class: "fn-empty" }, t("source.moreChanges", { count: more })) : "",
  ];
}

const SIGNS = { came: "+", went: "−" };

function changeElement(report, { from, to }, { change, sentences, old, new: later, text }, open) {
  if (text === null) return make("p", { class: "fn-unchanged" }, t("source.unchanged", { count: sentences }));
  const language = { lang: report.language, dir: "auto" };
  if (change === "stayed") return make("p", { class: "fn-stayed", ...language }, readable(text));
  const [version, quote] = change === "came" ? [to, later] : [from, old];
  const go = () => open({ id: report.document_id, version, quote });
  const way = button("", go, { title: t("source.showIn", { version }) });
  way.append(
    make("span", { class: "fn-sign", "aria-hidden": "true" }, SIGNS[change]),
    make("span", { class: "fn-unseen" }, t(`source.${change}`)),
    make(change === "came" ? "ins" : "del", language, readable(text)),
  );
  return way;
}
