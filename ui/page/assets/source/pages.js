/** Shows the pages of a report as pictures, with the quote marked. */

import { button, make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { pictureAddress, whyNoPicture } from "../server.js";

const WIDTH = 1600; // pixels: A4 at about 190 dots per inch, sharp enough when enlarged

/**
 * Creates the pane of one page, with buttons to its neighbours.
 *
 * Returns the element; `page`, which returns the shown page's number; and `turn`, which shows a page. The
 * marked words of `turn` are {start, end, page}, or null for none; by default, they stay the same. `onTurn`
 * receives the page that the reader turns to.
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

/** Creates the picture of a page; if it cannot be loaded, the reason replaces it. */
function picture(report, page, marked) {
  const url = pictureAddress(report, page, marked, WIDTH);
  const alt = marked?.page === page ? "pages.altMarked" : "pages.alt";
  const image = make("img", {
    src: url,
    alt: t(alt, { page, title: report.title }),
    loading: "lazy",
    draggable: "false", // A drop on the page would add it to the library.
    class: "fn-arriving",
  });
  image.addEventListener("load", () => image.classList.remove("fn-arriving"));
  image.addEventListener("error", async () => {
    const why = await whyNoPicture(url);
    image.replaceWith(make("p", { class: "fn-warning", role: "alert" }, why));
  });
  return image;
}
