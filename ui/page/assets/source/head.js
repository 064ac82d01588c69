/** The head of a report: what it is, what is to be known of it, and the ways through it. */

import { button, heading, make } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { dateOrigin, factElements } from "../words.js";
import { badges } from "./badges.js";
import { bar } from "./panel.js";
import { numberOf } from "./trail.js";

/**
 * The head of a report, and a function that is told of the footnote at which it is open.
 *
 * `total` is how many pages it has; `ways` are elements of the row below; `step`, `ask`, `open` and `compare`
 * are what its buttons do.
 */
export function reportHead(report, current, { total, ways, step, ask, open, compare }) {
  const stepper = steps(step);
  const facts = make("p", { class: "fn-facts" });
  const caution = badges(report, current, { open, compare });
  const asking = labelled("source.ask", "ask", ask, { class: "fn-ask", "aria-label": t("source.ask") });
  asking.append(make("span", { class: "fn-short" }, t("source.askShort")));
  const elements = [
    bar(stepper.element, asking),
    heading(report.title, { lang: report.language, dir: "auto" }),
    facts,
    caution.elements.length ? make("div", { class: "fn-badges" }, ...caution.elements) : null,
    caution.line,
    make("div", { class: "fn-ways" }, ...ways),
  ];

  function update(quote, trail) {
    const many = report.version > 1 || current.version > 1;
    facts.replaceChildren(
      ...factElements(
        report,
        dateOrigin(report),
        quote?.page ? t("reading.page", { page: quote.page, total }) : null,
        many ? t("reading.version", { version: report.version }) : null,
      ),
    );
    caution.quoted(quote?.page ?? null);
    stepper.update(trail);
  }

  return { elements: elements.filter(Boolean), update };
}

/** A button with a picture, whose words are hidden where there is no room for them. */
export function labelled(key, picture, run, attributes = {}) {
  const control = button("", run, { title: t(key), ...attributes });
  control.append(icon(picture), make("span", { class: "fn-label" }, t(key)));
  return control;
}

/** Where a footnote stands among those of its answer; its own number where that is another. */
function words(number, at, total) {
  if (total === 1) return t("source.oneFootnote", { number });
  if (number === String(at)) return t("source.footnote", { at, total });
  return t("source.footnoteNumbered", { number, at, total });
}

/** The way through the footnotes of an answer: "Footnote 2 of 5", and its neighbours. */
function steps(step) {
  const said = make("span", { role: "status" });
  const way = (key, picture, by) => {
    const control = button("", () => step(by), {
      "aria-label": t(key),
      title: t(key),
      class: `fn-step-${picture}`,
    });
    control.append(icon(picture));
    return control;
  };
  const [before, after] = [way("source.previous", "before", -1), way("source.next", "after", 1)];
  const element = make(
    "div",
    { class: "fn-steps", role: "group", "aria-label": t("source.footnotes"), hidden: "" },
    before,
    said,
    after,
  );

  function update(trail) {
    element.hidden = !trail;
    said.textContent = "";
    if (!trail) return;
    const [number, at, total] = [numberOf(trail), trail.at + 1, trail.hrefs.length];
    said.textContent = words(number || String(at), at, total);
    for (const way of [before, after]) way.hidden = total === 1;
    before.setAttribute("aria-disabled", String(at === 1));
    after.setAttribute("aria-disabled", String(at === total));
  }

  return { element, update };
}
