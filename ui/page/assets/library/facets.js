/** Shows the filters of the list and of the question: publisher, collection, language, format and date. */

import { button, icon, make, onEscape } from "../controls/dom.js";
import { clearScope, getScope, setScope } from "../desk/scope.js";
import { kindWords, languageWords } from "../facts.js";
import { numberIn, t, tag } from "../i18n.js";
import { recall, remember } from "../storage.js";
import { afterOf, beforeOf, FACETS, fold, fromOf, monthOf, toOf, YEARS } from "./narrowing.js";
import { onReports, reports } from "./reports.js";

const BARS = 32; // the most bars; with more years, several share a bar
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]; // possible numbers of years per bar

const trouble = make("p.fn-warning", { role: "alert", hidden: "" });
const picture = make("div.fn-years", { role: "img" });
const ends = make("div.fn-years-ends", { "aria-hidden": "true" }, make("span"), make("span"));
const undated = make("p.fn-remark", { hidden: "" });
const fields = { from: monthField("library.from", "01"), to: monthField("library.to", "12") };

/** The years of each bar: {first, last}. */
let bars = [];

function periodElement() {
  picture.addEventListener("click", onClick);
  return make(
    "div.fn-period",
    picture,
    ends,
    make("div.fn-months", ...Object.values(fields).map(({ label }) => label)),
    trouble,
    undated,
  );
}

function monthField(key, otherwise) {
  const input = make("input", {
    type: "month",
    class: "fn-field",
    min: "0001-01",
    max: "9999-12",
    placeholder: t("library.monthForm"),
    autocomplete: "off",
  });
  input.addEventListener("change", apply);
  return { input, otherwise, label: make("label", make("span", t(key)), input) };
}

function apply() {
  const [from, to] = [fields.from, fields.to].map(({ input, otherwise }) =>
    input.value ? monthOf(input.value, otherwise) : "",
  );
  const wrong =
    from === null || to === null
      ? "library.monthWrong"
      : from && to && from > to
        ? "library.monthOrder"
        : null;
  trouble.hidden = !wrong;
  trouble.textContent = wrong ? t(wrong) : "";
  if (!wrong) setScope({ published_after: afterOf(from), published_before: beforeOf(to) });
}

/** Chooses the years of a bar, or clears this choice; with Shift, extends the choice to the bar. */
function onClick(event) {
  const place = [...picture.children].indexOf(event.target.closest(".fn-year"));
  if (place < 0) return;
  const { first, last } = bars[place];
  const [from, to] = chosenYears();
  const only = from === first && to === last;
  const edge = event.shiftKey ? (from ?? to) : null;
  const [start, end] = edge ? [Math.min(edge, first), Math.max(to ?? edge, last)] : [first, last];
  setScope({
    published_after: only ? null : afterOf(monthOf(year(start), "01")),
    published_before: only ? null : beforeOf(monthOf(year(end), "12")),
  });
}

const year = (number) => String(number).padStart(4, "0");

const chosenYears = () => {
  const { published_after: after, published_before: before } = getScope();
  return [fromOf(after), toOf(before)].map((month) => month && Number(month.slice(0, 4)));
};

function layOutYears(years) {
  const [first, last] = [Math.min(...years), Math.max(...years)];
  const step =
    STEPS.find((size) => Math.floor(last / size) - Math.floor(first / size) < BARS) ?? STEPS.at(-1);
  bars = [];
  if (years.size)
    for (let from = first - (first % step); from <= last; from += step)
      bars.push({ first: from, last: from + step - 1 });
  // A single bar says nothing, so it is hidden.
  picture.hidden = ends.hidden = bars.length < 2;
  picture.replaceChildren(...bars.map(() => make("span.fn-year", make("span"))));
  ends.replaceChildren(...[first, last].map((end) => make("span", years.size ? year(end) : "")));
}

function showYears(counts) {
  const { published_after: after, published_before: before } = getScope();
  const [from, to] = chosenYears();
  const sums = bars.map(({ first, last }) => {
    let sum = 0;
    for (let one = first; one <= last; one++) sum += counts.get(one) ?? 0;
    return sum;
  });
  const most = Math.max(...sums, 1);
  bars.forEach(({ first, last }, place) => {
    const bar = picture.children[place];
    bar.title = `${first === last ? year(first) : `${year(first)}–${year(last)}`}: ${numberIn(sums[place])}`;
    bar.firstElementChild.style.height = sums[place] ? `max(3px, ${(100 * sums[place]) / most}%)` : "0";
    bar.classList.toggle("fn-chosen", (from ?? first) <= last && (to ?? last) >= first);
  });
  const said = [...counts].filter(([one]) => one).sort(([a], [b]) => a - b);
  picture.setAttribute(
    "aria-label",
    said.map(([one, sum]) => `${year(one)}: ${numberIn(sum)}`).join(t("list.comma")) || t("library.noDates"),
  );
  for (const [name, month] of [
    ["from", fromOf(after)],
    ["to", toOf(before)],
  ])
    if (document.activeElement !== fields[name].input) fields[name].input.value = month ?? "";
  const left = after || before ? (counts.get(null) ?? 0) : 0;
  undated.hidden = !left;
  undated.textContent = left ? t("library.undated", { count: left }) : "";
}

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
const badge = make("span.fn-badge", { hidden: "" });
const opener = button([icon("filter"), badge], () => openFacets(place.hidden), {
  class: "fn-icon-button fn-filter",
  "aria-controls": "fn-facets",
  "aria-expanded": "false",
});
const place = make(
  "section",
  { id: "fn-facets", "aria-label": t("library.filters"), hidden: "" },
  make("div.fn-facets-body", ...Object.values(facets)),
  make("div.fn-facets-foot", clear, done),
);

function facet(name, contents) {
  badges[name] = make("span.fn-badge", { hidden: "" });
  const key = `library.facet.${name}`;
  const whole = make(
    "details",
    { class: `fn-facet fn-facet-${name}`, open: recall(key, "open") === "open" ? "" : null },
    make("summary", make("span", t(key)), badges[name]),
    make("div", { role: "group", "aria-label": t(key) }, contents),
  );
  whole.addEventListener("toggle", () => remember(key, whole.open ? null : "closed"));
  return whole;
}

export function facetsElements() {
  onReports(onReportsRead);
  onEscape(place, () => openFacets(false));
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
  // A facet with only one value among all reports cannot narrow the list.
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
  clearScope({ but: ["document_ids"] });
  opener.focus({ preventScroll: true });
}

function show(element, number) {
  element.hidden = !number;
  element.textContent = number ? t("library.number", { number }) : "";
}

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

export function showCounts(counts, { shown }) {
  Object.assign(latest, { counts, shown });
  draw();
  say();
}

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

// One facet

const FEW = 5; // values in the list before the user asks for more
const MANY = 100; // the most values in the list; a search finds the others
const FINDABLE = 12; // the most values without a search field

const collator = new Intl.Collator(tag, { numeric: true, sensitivity: "base" });

/** Creates a facet's list of values: {element, show}; `words` names a value, `choose` receives the choice. */
function valueList({ name, words, choose }) {
  const state = { counts: new Map(), chosen: [], whole: false, sought: "" };
  const rows = new Map();
  const list = make("ul.fn-values");
  const find = make("input", {
    type: "search",
    class: "fn-field",
    "aria-label": t(`library.findIn.${name}`),
    placeholder: t(`library.findIn.${name}`),
  });
  const more = button("", toggle, { class: "fn-more-values", "aria-expanded": "false" });
  find.addEventListener("input", () => {
    state.sought = fold(find.value);
    draw();
  });

  function row(value) {
    const input = make("input", { type: "checkbox" });
    const number = make("span.fn-number");
    input.addEventListener("change", () =>
      choose(input.checked ? [...state.chosen, value] : state.chosen.filter((other) => other !== value)),
    );
    const label = make("label", input, make("span.fn-value", { dir: "auto" }, words(value)), number);
    return { element: make("li", label), input, number };
  }

  function values() {
    const all = [...new Set([...state.counts.keys(), ...state.chosen])];
    const count = (value) => state.counts.get(value) ?? 0;
    return all.sort((a, b) => count(b) - count(a) || collator.compare(words(a), words(b)));
  }

  function draw() {
    const all = values();
    const isSought = (value) => !state.sought || fold(words(value)).includes(state.sought);
    // A chosen value is visible wherever it is in the order, and choosing it does not move it.
    const most = state.whole ? MANY : FEW;
    const isShown = (value, place) => place < most || state.chosen.includes(value);
    const shown = (state.whole ? all.filter(isSought) : all).filter(isShown);
    const elements = shown.map((value) => {
      if (!rows.has(value)) rows.set(value, row(value));
      const { element, input, number } = rows.get(value);
      input.checked = state.chosen.includes(value);
      number.textContent = numberIn(state.counts.get(value) ?? 0);
      return element;
    });
    arrange(elements);
    find.hidden = !state.whole || all.length <= FINDABLE;
    more.hidden = all.length <= FEW || (!state.whole && shown.length === all.length);
    more.textContent = state.whole
      ? t("library.fewerValues")
      : t("library.moreValues", { number: all.length });
    more.setAttribute("aria-expanded", String(state.whole));
  }

  /** Updates the rows of the list if they differ, and restores the focus, which a moved row loses. */
  function arrange(elements) {
    if (
      elements.length === list.children.length &&
      elements.every((element, place) => element === list.children[place])
    )
      return;
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    list.replaceChildren(...elements);
    if (focused?.isConnected) focused.focus({ preventScroll: true });
  }

  function toggle() {
    state.whole = !state.whole;
    state.sought = find.value = "";
    draw();
    if (state.whole && !find.hidden) find.focus();
  }

  return {
    element: make("div.fn-facet-values", find, list, more),
    /** Shows the counts of the values, and ticks the chosen ones. */
    show(counts, chosen) {
      Object.assign(state, { counts, chosen });
      draw();
    },
  };
}
