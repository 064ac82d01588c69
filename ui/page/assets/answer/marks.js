/*
 * The marks of footnotes, which are links to #cite-DOCUMENT-VERSION-START-END (source/trail.js): a click opens the
 * source; on hover and focus, a card beside the mark shows a copy of the footnote's entry in the answer's list.
 */

import { make } from "../controls/dom.js";
import { drawn } from "../gradio.js";
import { joinTrail, openSource } from "../source/reading.js";
import { markCurrent, placeOf, trailAt } from "../source/trail.js";
import { footnoteOf } from "./answers.js";

function onClick(event) {
  const link = event.target.closest?.("#fn-conversation a");
  const href = link?.getAttribute("href");
  const cited = placeOf(href);
  if (!cited || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  markCurrent(link);
  openSource(cited, { from: link, trail: trailAt(href, link) });
}

/** Opens the quote that the page's address names; sets the trail once Gradio has rendered its footnote. */
export async function openLinked() {
  const href = location.hash;
  const linked = placeOf(href);
  if (!linked) return;
  await openSource(linked, { focus: false });
  await drawn(`#fn-conversation a.fn-mark[href="${CSS.escape(href)}"]`);
  joinTrail(href);
}

export function watchMarks() {
  document.addEventListener("click", onClick, true);
}

let described = 0;

export function describeMarks() {
  for (const mark of document.querySelectorAll("#fn-conversation .fn-mark[title]")) {
    // The browser's tooltip would cover the card, which says more.
    mark.setAttribute("aria-label", mark.title);
    mark.removeAttribute("title");
    const entry = footnoteOf(mark);
    if (!entry) continue;
    entry.id ||= `fn-described-${++described}`;
    mark.setAttribute("aria-describedby", entry.id);
  }
}

// Card

const MARK = "#fn-conversation .fn-mark";
const OPENING = 150; // milliseconds of hover before the card opens
const CLOSING = 200; // milliseconds for the pointer to move onto the card
const GAP = 6; // pixels between the mark and the card
const MARGIN = 8; // least pixels between the card and the window's edges

const card = make("div", { id: "fn-card", role: "tooltip", popover: "manual" });
const state = { mark: null, wait: 0, passed: null };

export async function startCard() {
  document.addEventListener("pointerover", onOver);
  document.addEventListener("pointerout", onOut);
  document.addEventListener("focusin", onFocus);
  document.addEventListener("focusout", (event) => event.target === state.mark && close());
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", (event) => event.target.closest?.(MARK) && pass(event), true);
  document.addEventListener("scroll", onScroll, true);
  addEventListener("resize", close);
  card.addEventListener("pointerenter", () => clearTimeout(state.wait));
  card.addEventListener("pointerleave", () => closeSoon());
  // Put the card into the page's main part, where screen readers expect all contents.
  const conversation = await drawn("#fn-conversation");
  (conversation.closest("main") ?? document.body).append(card);
}

export function keepCard() {
  if (state.mark && !state.mark.isConnected) close();
}

function onOver(event) {
  const mark = event.target.closest?.(MARK);
  if (!mark || event.pointerType === "touch" || mark === state.passed) return;
  clearTimeout(state.wait);
  if (mark !== state.mark) state.wait = setTimeout(() => open(mark), OPENING);
}

function onOut(event) {
  const mark = event.target.closest?.(MARK);
  if (!mark || mark.contains(event.relatedTarget)) return;
  state.passed = null;
  closeSoon();
}

function onFocus(event) {
  const mark = event.target.closest?.(MARK);
  if (mark?.matches(":focus-visible")) open(mark);
}

function onKey(event) {
  if (event.key !== "Escape" || !state.mark) return;
  event.preventDefault();
  event.stopPropagation();
  state.passed = state.mark;
  close();
}

/** Moves the card with its mark while the mark is in view; the focus itself may have caused the scroll. */
function onScroll(event) {
  if (!state.mark || card.contains(event.target)) return;
  const log = state.mark.closest('[role="log"]')?.getBoundingClientRect();
  const at = state.mark.getBoundingClientRect();
  if (log && at.bottom > log.top && at.top < log.bottom) place(state.mark);
  else close();
}

/** Closes the card, since a click opens the source; it can open again after the pointer leaves the mark. */
function pass(event) {
  state.passed = event.target.closest(MARK);
  close();
}

function closeSoon() {
  clearTimeout(state.wait);
  state.wait = setTimeout(close, CLOSING);
}

function close() {
  clearTimeout(state.wait);
  if (!state.mark) return;
  state.mark = null;
  card.hidePopover();
}

function open(mark) {
  clearTimeout(state.wait);
  const entry = mark.isConnected ? footnoteOf(mark) : null;
  if (!entry || !card.isConnected) return close();
  state.mark = mark;
  card.className = entry.className;
  card.replaceChildren(...[...entry.cloneNode(true).childNodes].map(withoutLinks));
  card.showPopover();
  place(mark);
}

/** Replaces links by spans: the keyboard cannot reach links in the card, and the mark opens the source. */
function withoutLinks(node) {
  for (const link of node.querySelectorAll?.("a") ?? [])
    link.replaceWith(make("span", { class: link.className }, ...link.childNodes));
  return node.matches?.("a") ? make("span", { class: node.className }, ...node.childNodes) : node;
}

function place(mark) {
  // A mark that wraps has a rectangle on each line.
  const at = [...mark.getClientRects()].at(-1) ?? mark.getBoundingClientRect();
  const below = innerHeight - at.bottom - GAP - MARGIN;
  const above = at.top - GAP - MARGIN;
  card.style.maxHeight = `${Math.max(below, above)}px`;
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(Math.max(at.left + at.width / 2 - width / 2, MARGIN), innerWidth - width - MARGIN);
  card.style.left = `${left}px`;
  card.style.top = `${below >= height || below >= above ? at.bottom + GAP : at.top - GAP - height}px`;
}
