/*
 * Holds the scope, the filters of the question and of the list of reports, and shows it as removable chips
 * above the question's input.
 *
 * A scope has the same fields as the filters of POST /v1/chat. The script sends it through a hidden Textbox.
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
const chips = make("ul.fn-chips");
const clearAll = () => {
  clearScope();
  focusOn(null);
};
const clear = button(t("scope.clear"), clearAll, { class: "fn-clear" });
const said = make("p.fn-unseen", { role: "status" });
const place = make("div", { id: "fn-narrowed", role: "group", "aria-label": t("scope.label"), hidden: "" });
export const getScope = () => state.scope;

/** Runs `listener` with the scope whenever it changes; returns a function that removes the listener. */
export function onScope(listener) {
  state.listeners.push(listener);
  return () => (state.listeners = state.listeners.filter((other) => other !== listener));
}

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

/** Returns each filter of the scope: its words, and `without`, which returns the changes that remove it. */
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
  const cross = make("span.fn-cross", { "aria-hidden": "true" }, "×");
  const contents = [make("span.fn-chip-words", { dir: "auto" }, words), cross];
  const label = t("scope.remove", { filter: words });
  return make("li", button(contents, remove, { class: "fn-chip", "aria-label": label }));
}

/** Removes all filters, except those of the fields `but`. */
export const clearScope = ({ but = [] } = {}) =>
  setScope(Object.fromEntries(Object.entries(NOTHING).filter(([field]) => !but.includes(field))));

const focusOn = (element) => (element ?? document.querySelector("#fn-question textarea"))?.focus();

async function learnTitle(id) {
  if (state.titles.has(id)) return;
  state.titles.set(id, String(id));
  const report = await getReport(id).catch(() => null);
  if (!report)
    state.titles.delete(id); // The next draw fetches it again.
  else nameReport(id, report.title);
}

function nameReport(id, title) {
  if (state.titles.get(id) === title) return;
  state.titles.set(id, title);
  draw();
}

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

export async function startScope() {
  place.append(make("span.fn-narrowed-to", t("scope.label")), chips, clear);
  document.body.append(said);
  onReports(followReports);
  const input = await drawn("#fn-question");
  input.prepend(place);
  if (state.scope !== NOTHING) tellChat();
}

// Questions about a report

const LONGEST = 160; // characters of selected text that a question quotes

let begun = ""; // the text that `begin` inserted last

/** Limits the question to a report, starts it with a mention of `words`, if any, and focuses the input. */
export function askAbout(report, words = "") {
  setScope({ ...NOTHING, document_ids: [report.document_id] });
  uncover({ back: false });
  const area = document.querySelector("#fn-question textarea");
  if (!area) return;
  if (words) begin(area, t("source.questionAbout", { words: shortened(words) }));
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

function begin(area, beginning) {
  const rest = begun && area.value.startsWith(begun) ? area.value.slice(begun.length) : area.value;
  write("#fn-question", beginning + rest);
  begun = beginning;
}

function shortened(words) {
  const characters = [...words.replace(/\s+/g, " ").trim()];
  if (characters.length <= LONGEST) return characters.join("");
  const cut = characters.slice(0, LONGEST).join("");
  const space = cut.lastIndexOf(" ");
  return `${space > LONGEST / 2 ? cut.slice(0, space) : cut}…`;
}
