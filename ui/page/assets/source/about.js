/** Shows a report's facts and their origins, its versions, the answers that cite it, and similar reports. */

import { answerLink } from "../answer/request.js";
import { UNKNOWN_LANGUAGE } from "../constants.js";
import { button, make } from "../controls/dom.js";
import { dateWords, kindWords, languageWords, numberWords, timeWords } from "../facts.js";
import { listed, numberIn, parts, t } from "../i18n.js";
import { getChanges, getCitations, getVersions, words } from "../server.js";
import { readable } from "./text.js";

const SAME = 0.995; // the least estimated share of common word runs for texts to count as the same
const ABOVE = 16; // pixels above the changes after scrolling to them
const DIGEST = 12; // shown characters of a digest, enough to tell files apart

const ORIGINS = {
  edit: "source.origin.edit",
  sidecar: "source.origin.sidecar",
  upload: "source.origin.upload",
  "front matter": "source.origin.frontMatter",
  "document properties": "source.origin.properties",
  page: "source.origin.page",
  "file name": "source.origin.fileName",
};

/**
 * `open` opens a report, or a place in one. The first call of `read` fetches the report's versions and the
 * answers that cite it.
 */
export function aboutPane(report, { open }) {
  const versions = section("source.versions");
  const changes = make("div.fn-changes-place");
  const citations = section("source.citedIn");
  const element = make(
    "section.fn-about",
    { "aria-label": t("source.aboutReport") },
    knownSection(report),
    versions,
    changes,
    citations,
    likeSection(report, open),
  );
  let begun = false;

  async function compare(from, to) {
    const shown = await changesSection(report, from, to, open);
    changes.replaceChildren(shown);
    shown.querySelector("h3").focus({ preventScroll: true });
    const scrolling = element.closest(".fn-desk-body");
    scrolling.scrollTop += shown.getBoundingClientRect().top - scrolling.getBoundingClientRect().top - ABOVE;
  }

  function read() {
    if (begun) return;
    begun = true;
    fill(versions, async () => [
      versionList(report, await getVersions(report.document_id), { open, compare }),
    ]);
    fill(citations, async () => citingList(await getCitations(report.document_id)));
  }

  return { element, read, compare };
}

const section = (title, ...contents) => make("section", make("h3", t(title)), ...contents);

async function fill(place, read) {
  try {
    place.append(...(await read()));
  } catch (error) {
    place.append(make("p.fn-warning", { role: "alert" }, words(error)));
  }
}

// Facts

function knownSection(report) {
  const { origins = {} } = report;
  const from = (field) =>
    origins[field] ? t(ORIGINS[origins[field]] ?? "source.origin.other", { origin: origins[field] }) : null;
  const digest = make("code", { title: report.digest }, report.digest.slice(0, DIGEST));
  const rows = [
    ["title", report.title, from("title")],
    ["publisher", report.publisher, from("publisher")],
    ["author", report.author, from("author")],
    ["published", dateWords(report.published), from("published")],
    ["language", languageWords(report.language), from("language") ?? detected(report)],
    ["collection", report.collection, from("collection") ?? t("source.origin.folder")],
    ["file", report.path],
    ["kind", kindWords(report.kind)],
    ["pages", report.pages && numberIn(report.pages)],
    ["pagesUnread", report.unread_pages?.length ? numberWords(report.unread_pages) : null],
    ["pagesRecognised", report.recognised_pages?.length ? numberWords(report.recognised_pages) : null],
    ["characters", numberIn(report.characters)],
    ["version", numberIn(report.version)],
    ["added", timeWords(report.added)],
    ["digest", digest],
  ];
  const known = rows.filter(([, value]) => value);
  return section("source.aboutReport", make("dl.fn-known", ...known.flatMap(row)));
}

const detected = ({ language }) => (language === UNKNOWN_LANGUAGE ? null : t("source.origin.detected"));

function row([name, value, origin]) {
  const said = typeof value === "string" ? make("span", { dir: "auto" }, value) : value;
  const read = origin ? make("span.fn-origin", origin) : null;
  return [make("dt", t(`source.known.${name}`)), make("dd", said, read)];
}

// Citing answers

function citingList(answers) {
  if (!answers.length) return [make("p.fn-empty", t("source.citedNowhere"))];
  const item = ({ answer_id: id, question, created, version, quotes }) =>
    make(
      "li",
      answerLink(id, question),
      make(
        "span.fn-facts",
        make("span", timeWords(created)),
        make("span", t("source.quotes", { count: quotes.length })),
        make("span", t("reading.version", { version })),
      ),
    );
  return [make("ul.fn-citing", ...answers.map(item))];
}

// Similar reports

function likeSection({ same_as: others = [] }, open) {
  if (!others.length) return null;
  const exact = others.every((other) => other.similarity >= SAME);
  const links = others.map((other) => [
    button(other.title, () => open({ id: other.document_id }), { dir: "auto" }),
    other.publisher ? ` (${other.publisher})` : "",
  ]);
  const said = parts(exact ? "about.same" : "about.nearlySame", { reports: listed(links) });
  return section("source.like", make("p.fn-same", ...said));
}

// Versions

function versionList(report, versions, { open, compare }) {
  const item = (version, index) => {
    const before = versions[index + 1];
    const shown = version.version === report.version;
    const published = version.published && t("source.publishedOn", { date: dateWords(version.published) });
    const name = t("source.version", { version: version.version });
    const title = shown
      ? make("span.fn-version", { "aria-current": "true" }, name)
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
    return make("li", title, make("span.fn-facts", ...facts.map((fact) => make("span", fact))), change);
  };
  return make("ol.fn-versions", ...versions.map(item));
}

// Changes

async function changesSection(report, from, to, open) {
  const title = make("h3", { tabindex: "-1" }, t("source.changes", { from, to }));
  const place = make("section.fn-changes", title);
  try {
    place.append(...changeElements(report, await getChanges(report.document_id, from, to), open));
  } catch (error) {
    place.append(make("p.fn-warning", { role: "alert" }, words(error)));
  }
  return place;
}

function changeElements(report, found, open) {
  const { came, went, changes, left_out: more } = found;
  if (!came && !went) return [make("p.fn-empty", t("source.nothingChanged"))];
  const sum = [t("source.cameCount", { count: came }), t("source.wentCount", { count: went })];
  return [
    make("p.fn-facts", ...sum.map((words) => make("span", words))),
    make("ol", ...changes.map((change) => make("li", changeElement(report, found, change, open)))),
    more ? make("p.fn-empty", t("source.moreChanges", { count: more })) : "",
  ];
}

const SIGNS = { came: "+", went: "−" };

function changeElement(report, { from, to }, { change, sentences, old, new: later, text }, open) {
  if (text === null) return make("p.fn-unchanged", t("source.unchanged", { count: sentences }));
  const language = { lang: report.language, dir: "auto" };
  if (change === "stayed") return make("p.fn-stayed", { ...language }, readable(text));
  const [version, quote] = change === "came" ? [to, later] : [from, old];
  const go = () => open({ id: report.document_id, version, quote });
  const way = button("", go, { title: t("source.showIn", { version }) });
  way.append(
    make("span.fn-sign", { "aria-hidden": "true" }, SIGNS[change]),
    make("span.fn-unseen", t(`source.${change}`)),
    make(change === "came" ? "ins" : "del", language, readable(text)),
  );
  return way;
}
