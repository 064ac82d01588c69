/*
 * What narrows the question and the list of reports: chips above the question's input, each removable.
 *
 * A scope has exactly the fields of the filters of POST /v1/chat. The chat is told of it through a hidden
 * Textbox of the page.
 */

import { button, make } from "../controls/dom.js";
import { dateWords, kindWords, languageWords } from "../facts.js";
import { drawn, write } from "../gradio.js";
import { listed, t } from "../i18n.js";
import { onReports, reportOf } from "../library/reports.js";
import { getReport } from "../server.js";
import { uncover } from "./panes.js";

const NOTHING = Object.freeze({
  publishers: [],
  languages: [],
  collections: [],
  kinds: [],
  document_ids: [],
  published_after: null,
  published_before: null,
});

const state = { scope: NOTHING, listeners: [], titles: new Map() };

const chips = make("ul", { class: "fn-chips" });
const clear = button(t("scope.clear"), clearAll, { class: "fn-clear" });
const said = make("p", { class: "fn-unseen", role: "status" });
const place = make("div", { id: "fn-narrowed", role: "group", "aria-label": t("scope.label"), hidden: "" });

/** What the question is narrowed to; not to be changed in place. */
export const getScope = () => state.scope;

/** Runs `listener` with the scope whenever it changes; gives what ends that. */
export function onScope(listener) {
  state.listeners.push(listener);
  return () => (state.listeners = state.listeners.filter((other) => other !== listener));
}

/** Changes some fields of the scope; what it has no field for is left out. */
export function setScope(changes) {
  const known = Object.entries(changes).filter(([field]) => field in NOTHING);
  const tidy = known.map(([field, value]) => [
    field,
    Array.isArray(NOTHING[field]) ? [...new Set(value ?? [])] : value || null,
  ]);
  const scope = Object.freeze({ ...state.scope, ...Object.fromEntries(tidy) });
  if (JSON.stringify(scope) === JSON.stringify(state.scope)) return;
  state.scope = scope;
  draw();
  say();
  tellChat();
  state.listeners.forEach((listener) => listener(scope));
}

const FIELDS = {
  publishers: (name) => t("scope.publisher", { name }),
  languages: (code) => t("scope.language", { name: languageWords(code) }),
  collections: (name) => t("scope.collection", { name }),
  kinds: (kind) => t("scope.kind", { name: kindWords(kind) }),
  document_ids: (id) => t("scope.document", { name: state.titles.get(id) ?? String(id) }),
  published_after: (date) => t("scope.after", { date: dateWords(date) }),
  published_before: (date) => t("scope.before", { date: dateWords(date) }),
};

/** Each thing that the question is narrowed to: its words, and what removes it. */
const narrowings = () =>
  Object.entries(state.scope).flatMap(([field, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((one) => one !== null)
      .map((one) => ({
        words: FIELDS[field](one),
        without: () => ({
          [field]: Array.isArray(value) ? value.filter((other) => other !== one) : null,
        }),
      })),
  );

function draw() {
  const all = narrowings();
  chips.replaceChildren(...all.map(chip));
  clear.hidden = all.length < 2;
  place.hidden = !all.length;
  state.scope.document_ids.forEach(learnTitle);
}

function chip({ words, without }, index) {
  const remove = () => {
    setScope(without());
    const left = [...chips.querySelectorAll("button")];
    focusOn(left[Math.min(index, left.length - 1)]);
  };
  const cross = make("span", { class: "fn-cross", "aria-hidden": "true" }, "×");
  const removing = button("", remove, {
    class: "fn-chip",
    "aria-label": t("scope.remove", { filter: words }),
  });
  removing.append(make("span", { class: "fn-chip-words", dir: "auto" }, words), cross);
  return make("li", {}, removing);
}

function clearAll() {
  setScope(NOTHING);
  focusOn(null);
}

const focusOn = (element) => (element ?? document.querySelector("#fn-question textarea"))?.focus();

/** Reads the title of a report that the question is kept to, and names it so. */
async function learnTitle(id) {
  if (state.titles.has(id)) return;
  state.titles.set(id, String(id));
  const report = await getReport(id).catch(() => null);
  if (!report)
    state.titles.delete(id); // It is asked for again when the chips are drawn next.
  else nameReport(id, report.title);
}

function nameReport(id, title) {
  if (state.titles.get(id) === title) return;
  state.titles.set(id, title);
  draw();
}

/** Keeps the question to no report that is gone, and calls the others what they are called now. */
function followReports() {
  const ids = state.scope.document_ids;
  setScope({ document_ids: ids.filter(reportOf) });
  state.scope.document_ids.forEach((id) => nameReport(id, reportOf(id).title));
}

function say() {
  const all = narrowings().map(({ words }) => words);
  said.textContent = all.length ? t("scope.narrowed", { filters: listed(all).join("") }) : t("scope.whole");
}

const tellChat = () => write("#fn-scope", JSON.stringify(state.scope));

/** Puts the chips above the question's input, as soon as Gradio has drawn it. */
export async function startScope() {
  place.append(make("span", { class: "fn-narrowed-to" }, t("scope.label")), chips, clear);
  document.body.append(said);
  onReports(followReports);
  const input = await drawn("#fn-question");
  input.prepend(place);
  if (state.scope !== NOTHING) tellChat();
}

// Questions about a report

const LONGEST = 160; // characters of selected words that a question repeats

let begun = ""; // how the question was begun last

/**
 * Narrows the next question to a report, begins it with `words` where there are some, and has the reader
 * write it.
 */
export function askAbout(report, words = "") {
  const nothing = Object.entries(getScope()).map(([field, value]) => [
    field,
    Array.isArray(value) ? [] : null,
  ]);
  setScope({ ...Object.fromEntries(nothing), document_ids: [report.document_id] });
  uncover({ back: false });
  const area = document.querySelector("#fn-question textarea");
  if (!area) return;
  if (words) begin(area, t("source.about", { words: shortened(words) }));
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

/** Begins the question that is being written; what it was begun with before is replaced. */
function begin(area, beginning) {
  const rest = begun && area.value.startsWith(begun) ? area.value.slice(begun.length) : area.value;
  write("#fn-question", beginning + rest);
  begun = beginning;
}

/** Words on one line, cut between two of them where they are too long. */
function shortened(words) {
  const characters = [...words.replace(/\s+/g, " ").trim()];
  if (characters.length <= LONGEST) return characters.join("");
  const cut = characters.slice(0, LONGEST).join("");
  const space = cut.lastIndexOf(" ");
  return `${space > LONGEST / 2 ? cut.slice(0, space) : cut}…`;
}
