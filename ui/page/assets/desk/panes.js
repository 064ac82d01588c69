/*
 * Shows and hides the areas beside the conversation: the library before it, and the source after it.
 *
 * In a wide window, both areas are columns. In a narrower window, only one area is a column: while the source
 * is open, the library opens as a drawer over the page. On a phone, both areas are drawers. The `data-as` of
 * an area is "column", "drawer" or "closed". While a drawer is open, the rest of the page is inert.
 */

import { button, findAgain, icon, iconButton, make, remembered } from "../controls/dom.js";
import { t } from "../i18n.js";
import { recall, remember } from "../storage.js";

const DRAWN = 5; // frames until a list that was hidden has rendered its rows

const wide = matchMedia("(min-width: 80rem)");
const narrow = matchMedia("(max-width: 62rem)");
export const library = make("aside", { id: "fn-library", "aria-label": t("library.title") });
export const source = make("aside", { id: "fn-source", "aria-label": t("source.title") });
const scrim = make("div", { id: "fn-scrim", hidden: "" });
const heard = { closed: [], reopened: [] };
const state = {
  library: recall("library", "open") === "open", // whether the library is open as a column, if there is room
  drawer: false, // whether the library is open as a drawer
  source: false,
  fromLibrary: false, // whether the user opened the source from a row of the library
  origins: { library: null, source: null }, // descriptions of the elements that had the focus before
};

export const onSourceClosed = (listener) => heard.closed.push(listener);
export const onSourceReopened = (listener) => heard.reopened.push(listener);
export const isOpen = (area) => area.dataset.as !== "closed";
const isDrawer = (area) => area.dataset.as === "drawer";

function standing() {
  const room = !narrow.matches && (wide.matches || !state.source);
  return {
    library:
      room && state.library ? "column" : state.drawer && !(room && state.library) ? "drawer" : "closed",
    source: !state.source ? "closed" : narrow.matches ? "drawer" : "column",
  };
}

function arrange() {
  const now = standing();
  state.drawer = now.library === "drawer";
  library.dataset.as = now.library;
  source.dataset.as = now.source;
  const over = [library, source].find(isDrawer) ?? null;
  scrim.hidden = !over;
  for (const part of document.body.children) {
    if (part !== scrim && !part.matches("script, style, dialog, #fn-toasts"))
      part.inert = over !== null && part !== over;
  }
  for (const [area, name] of [
    [library, "library"],
    [source, "source"],
  ])
    openers(name).forEach((opener) => opener.setAttribute("aria-expanded", String(isOpen(area))));
}

const openers = (name) => document.querySelectorAll(`.fn-open-${name}`);
const visible = (elements) => [...elements].find((element) => element.checkVisibility?.() ?? true);

/**
 * Moves the focus back to the element that had it before an area opened, or to the area's button. If the user
 * opened a report from the library's drawer, the drawer opens again, and the focus returns to the report's
 * row, which the list renders a few frames later.
 */
function giveBack(name) {
  const memory = state.origins[name];
  state.origins[name] = null;
  if (name === "source" && state.fromLibrary && memory && !isOpen(library)) openLibrary({ focus: false });
  const give = (frames) => {
    const origin = findAgain(memory);
    const there = origin?.checkVisibility?.() ? origin : null;
    if (!there && frames) requestAnimationFrame(() => give(frames - 1));
    else (there ?? visible(openers(name)))?.focus({ preventScroll: true });
  };
  give(memory ? DRAWN : 0);
}

// The library

/** Opens the library; with `focus`, moves the focus to its selected tab. */
export function openLibrary({ focus = true } = {}) {
  if (!library.contains(document.activeElement)) state.origins.library = remembered(document.activeElement);
  if (!narrow.matches && (wide.matches || !state.source)) keepLibrary(true);
  else state.drawer = true;
  arrange();
  if (focus) library.querySelector('[role="tab"][aria-selected="true"]')?.focus();
}

function closeLibrary() {
  const focused = library.contains(document.activeElement);
  if (isDrawer(library)) state.drawer = false;
  else keepLibrary(false);
  arrange();
  if (focused) giveBack("library");
}

function keepLibrary(open) {
  state.library = open;
  remember("library", open ? "open" : "closed");
}

export const toggleLibrary = () => (isOpen(library) ? closeLibrary() : openLibrary());

// The source

export function openSourcePane(from = document.activeElement) {
  if (!source.contains(from)) {
    state.origins.source = remembered(from);
    state.fromLibrary = library.contains(from);
  }
  state.source = true;
  state.drawer = false;
  arrange();
}

export function closeSourcePane() {
  if (!state.source) return;
  const focused = source.contains(document.activeElement) || isDrawer(source);
  state.source = false;
  arrange();
  heard.closed.forEach((listener) => listener());
  if (focused) giveBack("source");
}

/** Closes the source, or opens it again with its last contents; if it has none yet, it stays closed. */
export function toggleSource() {
  if (state.source) return closeSourcePane();
  const title = source.querySelector("h2");
  if (!title) return undefined;
  openSourcePane();
  heard.reopened.forEach((listener) => listener());
  return title.focus({ preventScroll: true });
}

/** Closes the drawer over the conversation; if `back` is false, the caller places the focus. */
export function uncover({ back = true } = {}) {
  for (const [area, name, close] of [
    [library, "library", closeLibrary],
    [source, "source", closeSourcePane],
  ]) {
    if (!isDrawer(area)) continue;
    if (!back) state.origins[name] = null;
    close();
  }
}

function onKey(event) {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (isDrawer(library)) closeLibrary();
  else if (isDrawer(source) || source.contains(document.activeElement)) closeSourcePane();
  else return;
  event.preventDefault();
}

// The page's frame

const opener = (name, toggle, contents, shown) =>
  button(contents, toggle, { class: `fn-open-${name}`, "aria-controls": `fn-${name}`, ...shown });

/** Creates the bar that replaces a closed column; CSS hides the source's bar until there is a source. */
function rail(name, toggle) {
  const label = t(`${name}.show`);
  const open = opener(name, toggle, icon(name), { "aria-label": label, title: label });
  return make("nav", { id: `fn-${name}-rail`, class: "fn-rail", "aria-label": t(`${name}.title`) }, open);
}

/** Creates the phone's top bar. Screen readers skip its title, since Gradio's heading has the same text. */
function topBar() {
  const count = make("span.fn-library-count", t("library.title"));
  const openLibraries = opener("library", toggleLibrary, [icon("library"), count]);
  const openSources = opener("source", toggleSource, icon("source"), { "aria-label": t("source.show") });
  const name = make("span.fn-top-title", { "aria-hidden": "true" }, t("product"));
  return make("nav", { id: "fn-top", "aria-label": t("top.label") }, openLibraries, name, openSources);
}

export const closer = (name, close) => {
  const shut = iconButton(name, t(`${name}.hide`), close, { class: "fn-shut" });
  shut.append(icon("close"));
  return shut;
};

export function countReports(number) {
  document.querySelector(".fn-library-count").textContent = t("library.counted", { number });
}

export function layOut() {
  const conversation = document.querySelector("gradio-app");
  const skip = make("a.fn-skip", { href: "#fn-question" }, t("skip"));
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector("#fn-question textarea")?.focus();
  });
  library.append(splitter("library", library));
  source.append(splitter("source", source));
  conversation.before(skip, topBar(), rail("library", toggleLibrary), library);
  conversation.after(source, rail("source", toggleSource), scrim);
  scrim.addEventListener("click", () => uncover());
  document.addEventListener("keydown", onKey);
  wide.addEventListener("change", arrange);
  narrow.addEventListener("change", arrange);
  arrange();
}

// The lines between the columns: the pointer or the arrow keys move them, a double click restores the default.

const STEP = 1; // rem for an arrow key; four times as much with Shift
const CONVERSATION = 28; // the conversation's least width in rem
const LIMITS = { library: [14, 30], source: [22, 90] }; // least and greatest width in rem

const root = document.documentElement;
const rem = () => parseFloat(getComputedStyle(root).fontSize);
const variable = (name) => `--fn-${name}-width`;
const widthOf = (element) => element.getBoundingClientRect().width;

function splitter(name, area) {
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
  line.addEventListener("keydown", (event) => onEdgeKey(event, name, area));
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

function onEdgeKey(event, name, area) {
  const step = STEP * rem() * (event.shiftKey ? 4 : 1) * sense(name);
  const [least, most] = limits(name, area);
  const width = { ArrowLeft: widthOf(area) - step, ArrowRight: widthOf(area) + step, Home: least, End: most }[
    event.key
  ];
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

// Tabs

const NAMES = ["library", "history"];

const panel = (name) =>
  make("section", {
    id: `fn-${name}-panel`,
    class: "fn-panel",
    role: "tabpanel",
    "aria-labelledby": `fn-${name}-tab`,
  });

export const panels = Object.fromEntries(NAMES.map((name) => [name, panel(name)]));

const tabs = Object.fromEntries(
  NAMES.map((name) => [
    name,
    button(t(`${name}.title`), () => chooseTab(name), {
      id: `fn-${name}-tab`,
      role: "tab",
      "aria-controls": `fn-${name}-panel`,
    }),
  ]),
);

/** Shows a tab's panel, and dispatches the event "fn-shown" to it. */
export function chooseTab(name) {
  for (const other of NAMES) {
    const chosen = other === name;
    tabs[other].setAttribute("aria-selected", String(chosen));
    tabs[other].tabIndex = chosen ? 0 : -1;
    panels[other].hidden = !chosen;
  }
  panels[name].dispatchEvent(new CustomEvent("fn-shown"));
}

function onTabKey(event) {
  const at = NAMES.findIndex((name) => tabs[name] === event.target);
  const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  const to = { [forward]: at + 1, [backward]: at - 1, Home: 0, End: NAMES.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const name = NAMES.at(to % NAMES.length);
  chooseTab(name);
  tabs[name].focus();
}

export function startTabs(...foot) {
  const list = make(
    "div",
    { role: "tablist", class: "fn-tabs", "aria-label": t("library.tabs") },
    ...NAMES.map((name) => tabs[name]),
  );
  list.addEventListener("keydown", onTabKey);
  library.append(
    make("div.fn-side-head", list, closer("library", closeLibrary)),
    ...NAMES.map((name) => panels[name]),
    make("div.fn-side-foot", ...foot),
  );
  chooseTab("library");
}
