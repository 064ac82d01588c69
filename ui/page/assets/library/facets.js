/** What the list, and the question, can be narrowed by: publisher, collection, language, kind and date. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { getScope, setScope } from "../scope.js";
import { recall, remember } from "../storage.js";
import { kindWords, languageWords } from "../words.js";
import { valueList } from "./facet.js";
import { FACETS, YEARS } from "./narrowing.js";
import { layOutYears, periodElement, showYears } from "./period.js";
import { onReports, reports } from "./records.js";

const WORDS = { languages: languageWords, kinds: kindWords };
const FIELDS = FACETS.map(({ field }) => field);
const DATES = ["published_after", "published_before"];

const lists = Object.fromEntries(
  FIELDS.map((field) => [
    field,
    valueList({
      name: field,
      words: WORDS[field] ?? ((value) => value),
      choose: (values) => setScope({ [field]: values }),
    }),
  ]),
);

const latest = { counts: null, shown: 0, useful: {} };
const badges = {};
const facets = {
  ...Object.fromEntries(FIELDS.map((field) => [field, facet(field, lists[field].element)])),
  [YEARS]: facet(YEARS, periodElement()),
};
const clear = button(t("library.clearFilters"), clearAll, { class: "fn-link-button", hidden: "" });
const done = button("", () => openFacets(false), { class: "fn-small-button" });
const badge = make("span", { class: "fn-badge", hidden: "" });
const opener = button("", () => openFacets(place.hidden), {
  class: "fn-icon-button fn-filter",
  "aria-controls": "fn-facets",
  "aria-expanded": "false",
});
opener.append(icon("filter"), badge);
const place = make(
  "section",
  { id: "fn-facets", "aria-label": t("library.filters"), hidden: "" },
  make("div", { class: "fn-facets-body" }, ...Object.values(facets)),
  make("div", { class: "fn-facets-foot" }, clear, done),
);

/** One facet: its name, with how many of its values are chosen, and what can be chosen. */
function facet(name, contents) {
  badges[name] = make("span", { class: "fn-badge", hidden: "" });
  const key = `library.facet.${name}`;
  const whole = make(
    "details",
    { class: `fn-facet fn-facet-${name}`, open: recall(key, "open") === "open" ? "" : null },
    make("summary", {}, make("span", {}, t(key)), badges[name]),
    make("div", { role: "group", "aria-label": t(key) }, contents),
  );
  whole.addEventListener("toggle", () => remember(key, whole.open ? null : "closed"));
  return whole;
}

/** The button that shows the facets, and the facets. */
export function facetsElements() {
  onReports(onReportsRead);
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    openFacets(false);
  });
  say();
  return { opener, place };
}

function onReportsRead() {
  layOutYears(
    new Set(
      reports()
        .map(({ published }) => Number(published?.slice(0, 4)))
        .filter(Boolean),
    ),
  );
  // What all reports have narrows nothing.
  for (const { field, of } of FACETS) {
    const values = new Set(reports().map((report) => of(report) || null));
    latest.useful[field] = values.size > 1;
  }
}

function openFacets(open) {
  place.hidden = !open;
  draw();
  opener.setAttribute("aria-expanded", String(open));
  if (open) place.querySelector("summary")?.focus({ preventScroll: true });
  else opener.focus({ preventScroll: true });
}

function clearAll() {
  setScope(Object.fromEntries([...FIELDS.map((field) => [field, []]), ...DATES.map((date) => [date, null])]));
  opener.focus({ preventScroll: true });
}

function show(element, number) {
  element.hidden = !number;
  element.textContent = number ? t("library.number", { number }) : "";
}

/** How many values of each facet the scope has. */
const activity = () => {
  const scope = getScope();
  const dates = DATES.filter((date) => scope[date]).length;
  return { ...Object.fromEntries(FIELDS.map((field) => [field, scope[field].length])), [YEARS]: dates };
};

function say() {
  const active = activity();
  const sum = Object.values(active).reduce((all, one) => all + one, 0);
  show(badge, sum);
  for (const [name, number] of Object.entries(active)) show(badges[name], number);
  const label = sum ? t("library.filtersActive", { count: sum }) : t("library.filters");
  opener.setAttribute("aria-label", label);
  opener.title = label;
  clear.hidden = !sum;
}

/** Shows how many reports there are of each value. */
export function showCounts(counts, { shown }) {
  Object.assign(latest, { counts, shown });
  draw();
  say();
}

/** What is folded away is not drawn. A facet without values is not, either. */
function draw() {
  const { counts, shown, useful } = latest;
  if (place.hidden || !counts) return;
  const scope = getScope();
  for (const field of FIELDS) {
    lists[field].show(counts[field], scope[field]);
    facets[field].hidden = !(useful[field] && counts[field].size) && !scope[field].length;
  }
  showYears(counts[YEARS]);
  done.textContent = t("library.showFound", { count: shown });
}
