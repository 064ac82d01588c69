/*
 * The areas beside the conversation: the library before it, the source behind it.
 *
 * In a wide window both are columns. In a narrower one only one of them is, and a library that is opened
 * beside a source lies over the page; on a phone both do. How an area stands is its `data-as`: "column",
 * "drawer" or "closed". While a drawer is open, the rest of the page is inert.
 */

import { button, findAgain, icon, make, remembered } from "../controls/dom.js";
import { t } from "../i18n.js";
import { recall, remember } from "../storage.js";
import { splitter } from "./splitters.js";

const DRAWN = 5; // frames after which a list that is shown has its rows

const wide = matchMedia("(min-width: 80rem)");
const narrow = matchMedia("(max-width: 62rem)");

export const library = make("aside", { id: "fn-library", "aria-label": t("library.title") });
export const source = make("aside", { id: "fn-source", "aria-label": t("source.title") });

const scrim = make("div", { id: "fn-scrim", hidden: "" });
const heard = { closed: [], reopened: [] };
const state = {
  library: recall("library", "open") === "open", // as a column, where there is room for one
  drawer: false, // whether the library lies over the page
  source: false,
  fromLibrary: false, // whether the source was opened from a row of the library
  origins: { library: null, source: null }, // where the focus was before each was opened
};

/** Runs `listener` whenever the source is closed. */
export const onSourceClosed = (listener) => heard.closed.push(listener);

/** Runs `listener` whenever the source is shown again as it was closed. */
export const onSourceReopened = (listener) => heard.reopened.push(listener);

export const isOpen = (area) => area.dataset.as !== "closed";

const isDrawer = (area) => area.dataset.as === "drawer";

/** How both areas stand in the window as it is. */
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
 * Puts the focus where it was before an area was opened, or on the button that opens it again.
 *
 * A report that was opened from the library's drawer gives it back to its row there, which is drawn a few
 * frames after the library is shown.
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

/** Shows the library; with `focus`, the focus goes to its chosen tab. */
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

/** Shows the source; the focus will go back to `from` when it is closed. */
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

/** Closes the source, or shows again what it showed last; without such a thing it stays closed. */
export function toggleSource() {
  if (state.source) return closeSourcePane();
  const title = source.querySelector("h2");
  if (!title) return undefined;
  openSourcePane();
  heard.reopened.forEach((listener) => listener());
  return title.focus({ preventScroll: true });
}

/** Shows the conversation where an area lies over it; without `back` the focus is the caller's to place. */
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

/** Closes the area that lies over the page, or the source where the focus is in it. */
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

/** A bar beside a column's place while it is closed; the end's only once there is a source to show. */
function rail(name, toggle) {
  const open = opener(name, toggle, { "aria-label": t(`${name}.show`), title: t(`${name}.show`) });
  open.append(icon(name));
  return make("nav", { id: `fn-${name}-rail`, class: "fn-rail", "aria-label": t(`${name}.title`) }, open);
}

/** The bar of a phone. The page's own heading is Gradio's; what stands here is for the eye. */
function topBar() {
  const openLibraries = opener("library", toggleLibrary);
  openLibraries.append(icon("library"), make("span", { class: "fn-library-count" }, t("library.title")));
  const openSources = opener("source", toggleSource, { "aria-label": t("source.show") });
  openSources.append(icon("source"));
  const name = make("span", { class: "fn-top-title", "aria-hidden": "true" }, t("product"));
  return make("nav", { id: "fn-top", "aria-label": t("top.label") }, openLibraries, name, openSources);
}

/** The button with which an area is closed. */
export const closer = (name, close) => {
  const shut = button("", close, {
    class: "fn-shut",
    "aria-label": t(`${name}.hide`),
    title: t(`${name}.hide`),
  });
  shut.append(icon(name), icon("close"));
  return shut;
};

/** Says in the phone's bar how many reports the library has. */
export function countReports(number) {
  document.querySelector(".fn-library-count").textContent = t("library.counted", { number });
}

/** Puts the areas into the page. */
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
