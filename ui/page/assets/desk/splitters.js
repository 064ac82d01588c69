/*
 * Resizes the columns by the lines between them: with the pointer, or with the arrow keys. A double click
 * restores a column's default width. The browser stores the widths.
 */

import { make } from "../controls/dom.js";
import { t } from "../i18n.js";
import { recall, remember } from "../storage.js";

const STEP = 1; // rem for an arrow key; four times as much with Shift
const CONVERSATION = 28; // the conversation's least width in rem
const LIMITS = { library: [14, 30], source: [22, 90] }; // least and greatest width in rem

const root = document.documentElement;
const rem = () => parseFloat(getComputedStyle(root).fontSize);
const variable = (name) => `--fn-${name}-width`;
const widthOf = (element) => element.getBoundingClientRect().width;

/** Creates the separator of the library or the source. */
export function splitter(name, area) {
  const line = make("div", {
    id: `fn-${name}-edge`,
    class: "fn-edge",
    role: "separator",
    tabindex: "0",
    "aria-orientation": "vertical",
    "aria-controls": area.id,
    "aria-label": t(`${name}.width`),
  });
  const kept = recall(`${name}.width`, null);
  if (typeof kept === "number") root.style.setProperty(variable(name), `${kept}rem`);
  line.addEventListener("keydown", (event) => onKey(event, name, area));
  line.addEventListener("pointerdown", (event) => onDrag(event, line, name, area));
  line.addEventListener("dblclick", () => reset(name));
  const watching = new ResizeObserver(() => say(line, name, area));
  for (const part of [area, document.querySelector("gradio-app")]) watching.observe(part);
  return line;
}

/** Returns an area's least and greatest width in pixels, with enough room left for the conversation. */
function limits(name, area) {
  const [least, most] = LIMITS[name].map((size) => size * rem());
  const conversation = document.querySelector("gradio-app");
  const room = widthOf(area) + widthOf(conversation) - CONVERSATION * rem();
  return [least, Math.max(least, Math.min(most, room))];
}

function say(line, name, area) {
  const [least, most] = limits(name, area);
  line.setAttribute("aria-valuemin", Math.round(least));
  line.setAttribute("aria-valuemax", Math.round(most));
  line.setAttribute("aria-valuenow", Math.round(widthOf(area)));
}

/** Sets an area's width in pixels, within its limits. */
function widen(name, area, width) {
  const [least, most] = limits(name, area);
  const fitting = Math.min(Math.max(width, least), most) / rem();
  root.style.setProperty(variable(name), `${fitting}rem`);
  remember(`${name}.width`, fitting);
}

function reset(name) {
  root.style.removeProperty(variable(name));
  remember(`${name}.width`, null);
}

/** Returns 1 if a movement to the right widens an area, else -1. The library is at the start of the page. */
const sense = (name) => (name === "library" ? 1 : -1) * (root.dir === "rtl" ? -1 : 1);

function onKey(event, name, area) {
  const step = STEP * rem() * (event.shiftKey ? 4 : 1) * sense(name);
  const [least, most] = limits(name, area);
  const width = {
    ArrowLeft: widthOf(area) - step,
    ArrowRight: widthOf(area) + step,
    Home: least,
    End: most,
  }[event.key];
  if (width === undefined) return;
  event.preventDefault();
  widen(name, area, width);
}

function onDrag(event, line, name, area) {
  if (event.button !== 0) return;
  const [from, width] = [event.clientX, widthOf(area)];
  const move = (moved) => widen(name, area, width + (moved.clientX - from) * sense(name));
  const end = () => {
    line.removeEventListener("pointermove", move);
    root.classList.remove("fn-dragging");
  };
  line.setPointerCapture(event.pointerId);
  root.classList.add("fn-dragging");
  line.addEventListener("pointermove", move);
  line.addEventListener("lostpointercapture", end, { once: true });
}
