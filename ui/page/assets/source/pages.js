/** The pages of a report as pictures, with the quoted words marked. */

import { button, make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { pictureAddress, whyNoPicture } from "../server.js";

const WIDTH = 1600; // pixels: A4 at about 190 dots an inch, sharp enough when it is enlarged

/**
 * One page and the ways to its neighbours.
 *
 * Gives the element, the number of the page that is shown, and a function that turns to a page, with the
 * words that are marked in it: {start, end, page} or null, else those of the page before. `onTurn` hears to
 * which page the reader has turned.
 */
export function pagePane(report, total, onTurn) {
  const state = { page: 0, marked: null };
  const count = make("span", { class: "fn-sheet-count", role: "status" });
  const previous = button(t("pages.previous"), () => turnBy(-1), {
    "aria-label": t("pages.previousPage"),
  });
  const next = button(t("pages.next"), () => turnBy(1), { "aria-label": t("pages.nextPage") });
  const frame = make("div", { class: "fn-sheet-frame" });
  const enlarge = button(t("pages.enlarge"), () => {
    const large = frame.classList.toggle("fn-large");
    enlarge.setAttribute("aria-pressed", String(large));
  });
  enlarge.setAttribute("aria-pressed", "false");
  const element = make(
    "section",
    { class: "fn-sheet", "aria-label": t("pages.label") },
    make("div", { class: "fn-sheet-bar" }, previous, count, enlarge, next),
    frame,
  );

  function turn(page, marked = state.marked) {
    if (page < 1 || page > total || (page === state.page && marked === state.marked)) return;
    Object.assign(state, { page, marked });
    count.textContent = t("pages.of", { page, total });
    previous.setAttribute("aria-disabled", String(page === 1));
    next.setAttribute("aria-disabled", String(page === total));
    frame.replaceChildren(picture(report, page, marked));
  }

  function turnBy(step) {
    const page = state.page + step;
    if (page < 1 || page > total) return;
    turn(page);
    onTurn(page);
  }

  return { element, turn, page: () => state.page };
}

/** The picture of a page, or in its place why there is none. */
function picture(report, page, marked) {
  const url = pictureAddress(report, page, marked, WIDTH);
  const alt = marked?.page === page ? "pages.altMarked" : "pages.alt";
  const image = make("img", {
    src: url,
    alt: t(alt, { page, title: report.title }),
    loading: "lazy",
    draggable: "false", // What is dropped on the page is added to the library.
    class: "fn-arriving",
  });
  image.addEventListener("load", () => image.classList.remove("fn-arriving"));
  image.addEventListener("error", async () => {
    const why = await whyNoPicture(url);
    image.replaceWith(make("p", { class: "fn-warning", role: "alert" }, why));
  });
  return image;
}
