/** Shows a report's facts and their origins, its versions, the answers that cite it, and similar reports. */

import { answerLink } from "../answer/address.js";
import { UNKNOWN_LANGUAGE } from "../constants.js";
import { button, make } from "../controls/dom.js";
import { dateWords, kindWords, languageWords, numberWords, timeWords } from "../facts.js";
import { listed, numberIn, parts, t } from "../i18n.js";
import { getCitations, getVersions, words } from "../server.js";
import { changesSection, versionList } from "./versions.js";

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
  "file time": "source.origin.fileTime",
};

/**
 * Creates the pane about a report; `open` opens a report, or a place in one.
 *
 * The first call of `read` fetches the report's versions and the answers that cite it.
 */
export function aboutPane(report, { open }) {
  const versions = section("source.versions");
  const changes = make("div", { class: "fn-changes-place" });
  const citations = section("source.citedIn");
  const element = make(
    "section",
    { class: "fn-about", "aria-label": t("source.aboutReport") },
    knownSection(report),
    versions,
    changes,
    citations,
    likeSection(report, open),
  );
  let begun = false;

  /** Shows what changed between two versions. */
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

const section = (title, ...contents) => make("section", {}, make("h3", {}, t(title)), ...contents);

/** Adds the fetched elements to a section, or an error. */
async function fill(place, read) {
  try {
    place.append(...(await read()));
  } catch (error) {
    place.append(make("p", { class: "fn-warning", role: "alert" }, words(error)));
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
  return section("source.aboutReport", make("dl", { class: "fn-known" }, ...known.flatMap(row)));
}

const detected = ({ language }) => (language === UNKNOWN_LANGUAGE ? null : t("source.origin.detected"));

function row([name, value, origin]) {
  const said = typeof value === "string" ? make("span", { dir: "auto" }, value) : value;
  const read = origin ? make("span", { class: "fn-origin" }, origin) : null;
  return [make("dt", {}, t(`source.known.${name}`)), make("dd", {}, said, read)];
}

// Citing answers

function citingList(answers) {
  if (!answers.length) return [make("p", { class: "fn-empty" }, t("source.citedNowhere"))];
  const item = ({ answer_id: id, question, created, version, quotes }) =>
    make(
      "li",
      {},
      answerLink(id, question),
      make(
        "span",
        { class: "fn-facts" },
        make("span", {}, timeWords(created)),
        make("span", {}, t("source.quotes", { count: quotes.length })),
        make("span", {}, t("reading.version", { version })),
      ),
    );
  return [make("ul", { class: "fn-citing" }, ...answers.map(item))];
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
  return section("source.like", make("p", { class: "fn-same" }, ...said));
}
