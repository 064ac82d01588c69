/** Builds the area of a report when the report opens; viewport.js renders the text into it. */

import { make } from "../controls/dom.js";
import { source } from "../desk/panes.js";
import { askAbout } from "../desk/scope.js";
import { pageWords } from "../facts.js";
import { getMatches } from "../server.js";
import { aboutPane } from "./about.js";
import { finder, labelled, outline, reportHead } from "./head.js";
import { body, show, wayBack } from "./panel.js";
import { copyWithSource, selectionBar } from "./selection.js";
import { look, offsetAt, onScroll, onTurn, pageOf, pagePane, viewSwitch } from "./viewport.js";

/**
 * Adds the parts of the area to the reading: the `place` of the text, the `pane` of the pages, `head`,
 * `about`, `find`, `sections`, `views`, `ways`, `back` and `selection`. `reading.does` has the actions of the
 * reading as a whole: `open` a place, `step` to another footnote, go `back` to the quote, `jump` to an
 * offset, and show a `match`.
 */
export function makeArea(reading) {
  const { report, does } = reading;
  reading.place = make("div.fn-words");
  reading.pane = report.page_pictures
    ? pagePane(report, reading.part.page_labels, reading.total, (page) => onTurn(reading, page))
    : null;
  reading.about = aboutPane(report, { open: does.open });
  reading.back = wayBack(does.back);
  reading.sections = outline(report, (offset) => {
    fold(reading, false);
    does.jump(offset, { focus: true });
  });
  reading.find = findIn(reading, does.match);
  reading.selection = selectionIn(reading);
  reading.views = viewSwitch(Boolean(reading.pane), (view) => look(reading, view));
  reading.ways = {
    sections: labelled("source.outline", "contents", () => fold(reading), { "aria-expanded": "false" }),
    find: labelled("source.findShort", "find", () => openFind(reading), { "aria-expanded": "false" }),
  };
  reading.head = headOf(reading);
  const sides = make("div.fn-reading", reading.place, reading.pane?.element, reading.about.element);
  const folds = [reading.sections?.element, reading.find.element].filter(Boolean);
  show([...reading.head.elements, ...folds], [sides]);
  source.append(reading.back.element, reading.selection.element);
  body().addEventListener("scroll", () => onScroll(reading), { passive: true });
}

export function renewFacts(reading) {
  const { head, about, report, does } = reading;
  const active = source.contains(document.activeElement) ? document.activeElement : null;
  reading.head = headOf(reading);
  head.elements[0].before(...reading.head.elements);
  head.elements.forEach((element) => element.remove());
  reading.about = aboutPane(report, { open: does.open });
  about.element.replaceWith(reading.about.element);
  if (reading.view === "about") reading.about.read();
  // A moved or removed element loses the focus.
  if (!active || document.activeElement === active) return;
  (active.isConnected ? active : source.querySelector("h2")).focus({ preventScroll: true });
}

const headOf = (reading) =>
  reportHead(reading.report, reading.current, {
    total: reading.total,
    labels: reading.part.page_labels,
    ways: [reading.views.element, reading.sections && reading.ways.sections, reading.ways.find].filter(
      Boolean,
    ),
    step: reading.does.step,
    open: reading.does.open,
    ask: () => askAbout(reading.report),
    compare(from, to) {
      reading.views.choose("about");
      reading.about.compare(from, to);
    },
  });

const findIn = (reading, match) =>
  finder({
    search: (query, signal) => getMatches(reading.report.document_id, reading.report.version, query, signal),
    show: match,
    here: () => offsetAt(reading, 0),
    leave() {
      reading.ways.find.setAttribute("aria-expanded", "false");
      body().focus({ preventScroll: true });
    },
  });

const selectionIn = (reading) =>
  selectionBar({
    shown: () => reading,
    ask: ({ words }) => askAbout(reading.report, words),
    copy(found) {
      const page = pageOf(reading, found.start);
      return copyWithSource(reading.report, found, page && pageWords(page, reading.part.page_labels));
    },
  });

export function openFind(reading) {
  reading.ways.find.setAttribute("aria-expanded", "true");
  reading.find.open();
}

function fold(reading, open = reading.sections.element.hidden) {
  reading.sections.element.hidden = !open;
  reading.ways.sections.setAttribute("aria-expanded", String(open));
  if (open) reading.sections.reveal();
}
