/** Shows the filter of publication dates: two months, and a histogram of the years. */

import { make } from "../controls/dom.js";
import { getScope, setScope } from "../desk/scope.js";
import { numberIn, t } from "../i18n.js";
import { afterOf, beforeOf, fromOf, monthOf, toOf } from "./months.js";

const BARS = 32; // the most bars; with more years, several share a bar
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]; // possible numbers of years per bar

const trouble = make("p", { class: "fn-warning", role: "alert", hidden: "" });
const picture = make("div", { class: "fn-years", role: "img" });
const ends = make("div", { class: "fn-years-ends", "aria-hidden": "true" }, make("span"), make("span"));
const undated = make("p", { class: "fn-remark", hidden: "" });
const fields = {
  from: monthField("library.from", "01"),
  to: monthField("library.to", "12"),
};

/** The years of each bar: {first, last}. */
let bars = [];

export function periodElement() {
  picture.addEventListener("click", onClick);
  return make(
    "div",
    { class: "fn-period" },
    picture,
    ends,
    make("div", { class: "fn-months" }, ...Object.values(fields).map(({ label }) => label)),
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
  return { input, otherwise, label: make("label", {}, make("span", {}, t(key)), input) };
}

/** Sets the dates of the scope from the fields. */
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

/** Creates the bars for the years of all reports, so that filters do not move them. */
export function layOutYears(years) {
  const [first, last] = [Math.min(...years), Math.max(...years)];
  const step =
    STEPS.find((size) => Math.floor(last / size) - Math.floor(first / size) < BARS) ?? STEPS.at(-1);
  bars = [];
  if (years.size)
    for (let from = first - (first % step); from <= last; from += step)
      bars.push({ first: from, last: from + step - 1 });
  // A single bar says nothing, so it is hidden.
  picture.hidden = ends.hidden = bars.length < 2;
  picture.replaceChildren(...bars.map(() => make("span", { class: "fn-year" }, make("span"))));
  ends.replaceChildren(...[first, last].map((end) => make("span", {}, years.size ? year(end) : "")));
}

/** Shows the number of reports of each year, and the dates of the scope. */
export function showYears(counts) {
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
