/** Links to answers from other places of the page. */

import { make } from "../dom.js";
import { uncover } from "../panes.js";
import { nameAnswer } from "./address.js";
import { request } from "./request.js";

/** A link that shows an answer with what came before it; the page stays, unless another window is asked for. */
export const answerLink = (id, words) =>
  make(
    "a",
    { href: `?answer=${encodeURIComponent(id)}`, dir: "auto", onclick: (event) => follow(event, id) },
    words,
  );

function follow(event, id) {
  const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (elsewhere || !document.querySelector("#fn-request textarea")) return;
  event.preventDefault();
  nameAnswer(id);
  request({ do: "open", answer_id: id });
  uncover();
}
