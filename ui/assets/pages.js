/** The pages of a report as pictures, with the quoted words marked. */

import { make } from "./dom.js";
import { button } from "./panel.js";
import { pictureAddress, whyNoPicture } from "./server.js";

const WIDTH = 1600; // pixels: A4 at about 190 dots an inch, sharp enough when it is enlarged

/**
 * One page and the ways to its neighbours.
 *
 * `quote` is {start, end, page} or null. Gives the element, and a function that turns to a page.
 */
export function pagePane(report, total, quote, onTurn) {
  const state = { page: 0 };
  const count = make("span", { class: "fn-sheet-count", role: "status" });
  const previous = button("← Previous", () => turn(state.page - 1), { "aria-label": "Previous page" });
  const next = button("Next →", () => turn(state.page + 1), { "aria-label": "Next page" });
  const frame = make("div", { class: "fn-sheet-frame" });
  const enlarge = button("Enlarge", () => {
    const large = frame.classList.toggle("fn-large");
    enlarge.setAttribute("aria-pressed", String(large));
  });
  enlarge.setAttribute("aria-pressed", "false");
  const element = make(
    "section",
    { class: "fn-sheet", "aria-label": "Pages" },
    make("div", { class: "fn-sheet-bar" }, previous, count, enlarge, next),
    frame,
  );

  function turn(page) {
    if (page < 1 || page > total || page === state.page) return;
    state.page = page;
    count.textContent = `Page ${page} of ${total}`;
    previous.setAttribute("aria-disabled", String(page === 1));
    next.setAttribute("aria-disabled", String(page === total));
    frame.replaceChildren(picture(report, page, quote));
    onTurn(page);
  }

  return { element, turn };
}

/** The picture of a page, or in its place why there is none. */
function picture(report, page, quote) {
  const url = pictureAddress(report, page, quote, WIDTH);
  const quoted = quote?.page === page ? ", with the quoted words marked" : "";
  const image = make("img", {
    src: url,
    alt: `Page ${page} of ${report.title}${quoted}`,
    loading: "lazy",
    class: "fn-arriving",
  });
  image.addEventListener("load", () => image.classList.remove("fn-arriving"));
  image.addEventListener("error", async () => {
    const why = await whyNoPicture(url);
    image.replaceWith(make("p", { class: "fn-warning", role: "alert" }, why));
  });
  return image;
}
