/** The values of one facet, each to be ticked, with how many reports there are of it. */

import { button, make } from "../dom.js";
import { fold } from "../folding.js";
import { numberIn, t, tag } from "../i18n.js";

const FEW = 5; // values that are listed before more is asked for
const MANY = 100; // values that are listed at most; beyond that they are looked for
const FINDABLE = 12; // more values than these have a field to find one

const collator = new Intl.Collator(tag, { numeric: true, sensitivity: "base" });

/** The list of a facet's values: {element, show}; `words` names a value, `choose` hears of those that are ticked. */
export function valueList({ name, words, choose }) {
  const state = { counts: new Map(), chosen: [], whole: false, sought: "" };
  const rows = new Map();
  const list = make("ul", { class: "fn-values" });
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
    const number = make("span", { class: "fn-number" });
    input.addEventListener("change", () =>
      choose(input.checked ? [...state.chosen, value] : state.chosen.filter((other) => other !== value)),
    );
    const label = make("label", {}, input, make("span", { class: "fn-value", dir: "auto" }, words(value)), number);
    return { element: make("li", {}, label), input, number };
  }

  /** The values, those of most reports first. */
  function values() {
    const all = [...new Set([...state.counts.keys(), ...state.chosen])];
    const count = (value) => state.counts.get(value) ?? 0;
    return all.sort((a, b) => count(b) - count(a) || collator.compare(words(a), words(b)));
  }

  function draw() {
    const all = values();
    const isSought = (value) => !state.sought || fold(words(value)).includes(state.sought);
    // What is chosen is shown wherever it stands, and does not leap to another place when it is.
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
    more.textContent = state.whole ? t("library.fewerValues") : t("library.moreValues", { number: all.length });
    more.setAttribute("aria-expanded", String(state.whole));
  }

  /** Puts the rows into the list without moving the one with the focus, which would lose it. */
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
    element: make("div", { class: "fn-facet-values" }, find, list, more),
    /** Shows the counts of the values, and which are chosen. */
    show(counts, chosen) {
      Object.assign(state, { counts, chosen });
      draw();
    },
  };
}
