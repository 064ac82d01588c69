/*
 * Shows and hides the areas beside the conversation: the library before it, and the source after it.
 *
 * In a wide window, both areas are columns. In a narrower window, only one area is a column: while the source
 * is open, the library opens as a drawer over the page. On a phone, both areas are drawers. The `data-as` of
 * an area is "column", "drawer" or "closed". While a drawer is open, the rest of the page is inert.
 */

import { button, findAgain, icon, make, remembered } from "../controls/dom.js";
import { t } from "../i18n.js";
import { recall, remember } from "../storage.js";
import { splitter } from "./splitters.js";

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

/** Runs `listener` whenever the source closes. */
export const onSourceClosed = (listener) => heard.closed.push(listener);

/** Runs `listener` whenever the source opens again with its earlier contents. */
export const onSourceReopened = (listener) => heard.reopened.push(listener);

export const isOpen = (area) => area.dataset.as !== "closed";

const isDrawer = (area) => area.dataset.as === "drawer";

/** Returns the `data-as` of both areas for the window's current width. */
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
 * Moves the focus back to the element that had it before an area opened, or to the area's button.
 *
 * If the user opened a report from the library's drawer, the drawer opens again, and the focus returns to the
 * report's row, which the list renders a few frames later.
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

export function closeLibrary() {
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

/** Opens the source; when it closes, the focus returns to `from`. */
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

/** At Escape, closes the open drawer, or the source if the focus is in it. */
function onKey(event) {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (isDrawer(library)) closeLibrary();
  else if (isDrawer(source) || source.contains(document.activeElement)) closeSourcePane();
  else return;
  event.preventDefault();
}

// The page's frame

const opener = (name, toggle, shown) =>
  button("", toggle, { class: `fn-open-${name}`, "aria-controls": `fn-${name}`, ...shown });

/** Creates the bar that replaces a closed column; CSS hides the source's bar until there is a source. */
function rail(name, toggle) {
  const open = opener(name, toggle, { "aria-label": t(`${name}.show`), title: t(`${name}.show`) });
  open.append(icon(name));
  return make("nav", { id: `fn-${name}-rail`, class: "fn-rail", "aria-label": t(`${name}.title`) }, open);
}

/** Creates the phone's top bar. Screen readers skip its title, since Gradio's heading has the same text. */
function topBar() {
  const openLibraries = opener("library", toggleLibrary);
  openLibraries.append(icon("library"), make("span", { class: "fn-library-count" }, t("library.title")));
  const openSources = opener("source", toggleSource, { "aria-label": t("source.show") });
  openSources.append(icon("source"));
  const name = make("span", { class: "fn-top-title", "aria-hidden": "true" }, t("product"));
  return make("nav", { id: "fn-top", "aria-label": t("top.label") }, openLibraries, name, openSources);
}

/** Creates the button that closes an area. */
export const closer = (name, close) => {
  const shut = button("", close, {
    class: "fn-shut",
    "aria-label": t(`${name}.hide`),
    title: t(`${name}.hide`),
  });
  shut.append(icon(name), icon("close"));
  return shut;
};

/** Shows the number of reports in the phone's top bar. */
export function countReports(number) {
  document.querySelector(".fn-library-count").textContent = t("library.counted", { number });
}

/** Adds the areas to the page. */
export function layOut() {
  const conversation = document.querySelector("gradio-app");
  const skip = make("a", { href: "#fn-question", class: "fn-skip" }, t("skip"));
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
