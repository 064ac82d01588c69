/*
 * The card beside a footnote's mark, on hover and focus: its words, where they stand, what was found of them.
 *
 * It is a copy of the footnote's entry in the answer's list. A pointer may go onto it; Escape closes it. A
 * finger has no hover: there a mark opens the source at once.
 */

import { make } from "../controls/dom.js";
import { drawn } from "../gradio.js";
import { footnoteOf } from "./answers.js";

const MARK = "#fn-conversation .fn-mark";
const OPENING = 150; // milliseconds that a pointer rests on a mark
const CLOSING = 200; // and that it may be on its way to the card
const GAP = 6; // pixels between mark and card
const MARGIN = 8; // and to the window's edges

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
  // Inside of the page's main part, as screen readers expect of all contents.
  const conversation = await drawn("#fn-conversation");
  (conversation.closest("main") ?? document.body).append(card);
}

/** Closes the card of a mark that was drawn anew, or is gone. */
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

/** The card goes with its mark, as long as that is in view: the focus may have been what scrolled. */
function onScroll(event) {
  if (!state.mark || card.contains(event.target)) return;
  const log = state.mark.closest('[role="log"]')?.getBoundingClientRect();
  const at = state.mark.getBoundingClientRect();
  if (log && at.bottom > log.top && at.top < log.bottom) place(state.mark);
  else close();
}

/** A click opens the source: the card gives way to it, until the pointer comes back. */
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

/** The mark itself is the way to the source: the card has none that a keyboard could not reach. */
function withoutLinks(node) {
  for (const link of node.querySelectorAll?.("a") ?? [])
    link.replaceWith(make("span", { class: link.className }, ...link.childNodes));
  return node.matches?.("a") ? make("span", { class: node.className }, ...node.childNodes) : node;
}

/** Below the mark, above it where there is more room, and never beyond the window. */
function place(mark) {
  // A mark at the end of a line may be in two pieces.
  const at = [...mark.getClientRects()].at(-1) ?? mark.getBoundingClientRect();
  const below = innerHeight - at.bottom - GAP - MARGIN;
  const above = at.top - GAP - MARGIN;
  card.style.maxHeight = `${Math.max(below, above)}px`;
  const { width, height } = card.getBoundingClientRect();
  const left = Math.min(Math.max(at.left + at.width / 2 - width / 2, MARGIN), innerWidth - width - MARGIN);
  card.style.left = `${left}px`;
  card.style.top = `${below >= height || below >= above ? at.bottom + GAP : at.top - GAP - height}px`;
}
