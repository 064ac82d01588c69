/*
 * A long list in a scrolling element, and its keys. Rows stand in batches. Only batches near the view, or with
 * the focus, have their rows; CSS gives the others the height that they had (content-visibility).
 */

import { t } from "../i18n.js";
import { button, findAgain, make, remembered } from "./dom.js";
import { moreButton } from "./menu.js";

const BATCH = 10; // rows
const BEYOND = 300; // pixels above and below the view in which batches have their rows

/**
 * An item is {key, of, position}: `of` is the data of its row, and `position` its number among the counted
 * items, from 1; null if it is not counted. If the `of` of an item changes, its row is drawn again, except
 * one that `keep` names. The Tab key stops at one row only, at each of its controls with the attribute
 * data-stop.
 */
export class LongList {
  #items = [];
  #size = 0;
  #places = new Map(); // from each item's key to its index
  #rows = new Map(); // the rows in the page, by key: {of, element}
  #kept = new Set();
  #stop = null;

  /** `draw` creates the row of an item, an `li`, from its `of`. */
  constructor(scroller, draw, label) {
    this.scroller = scroller;
    this.draw = draw;
    this.element = make("div", { role: "list", class: "fn-rows", "aria-label": label });
    this.element.addEventListener("focusin", ({ target }) => this.#stopAt(this.rowOf(target)?.key));
    this.element.addEventListener("keydown", (event) => onKey(event, this));
    scroller.addEventListener("scroll", () => this.#render(), { passive: true });
    new ResizeObserver(() => this.#render()).observe(scroller);
    scroller.append(this.element);
  }

  get length() {
    return this.#items.length;
  }

  /** Shows new items; `size` is how many of them are counted. */
  show(items, size = items.length) {
    this.#items = items;
    this.#size = size;
    this.#places = new Map(items.map(({ key }, index) => [key, index]));
    const batches = this.element.children;
    const needed = Math.ceil(items.length / BATCH);
    while (batches.length > needed) this.element.lastElementChild.remove();
    while (batches.length < needed) this.element.append(make("div.fn-batch", { role: "none" }));
    this.#render();
  }

  /** Scrolls to an item's row if it is out of view, and returns the row's element; undefined if there is none. */
  reveal(key) {
    if (!this.#places.has(key)) return undefined;
    this.#fill(this.#batchOf(key));
    this.#rows.get(key).element.scrollIntoView({ block: "nearest" });
    this.#render();
    return this.#rows.get(key).element;
  }

  /** Draws one row again, or all except the kept ones, after a change that their `of` does not show. */
  redraw(key = null) {
    for (const [each, row] of this.#rows) if (key === null || each === key) row.of = undefined;
    this.#render();
  }

  /** Keeps a row in the page without drawing it again; if `lasting` is false, stops keeping it. */
  keep(key, lasting) {
    if (lasting) this.#kept.add(key);
    else this.#kept.delete(key);
  }

  /** Returns the row that contains an element: {key, element, index}; null if none does. */
  rowOf(element) {
    const place = element?.closest?.(".fn-batch > li");
    const [key] = [...this.#rows].find(([, row]) => row.element === place) ?? [];
    return key === undefined ? null : { key, element: place, index: this.#places.get(key) };
  }

  keyAt(index) {
    return this.#items[Math.max(0, Math.min(index, this.length - 1))]?.key;
  }

  /** Moves the focus to a row's first control, or the one at `place`; returns whether the row exists. */
  focusRow(key, place = 0) {
    const controls = this.reveal(key)?.querySelectorAll("[data-stop]") ?? [];
    const control = controls[place] ?? controls[0];
    control?.focus({ preventScroll: true });
    return Boolean(control);
  }

  #batchOf(key) {
    return Math.floor(this.#places.get(key) / BATCH);
  }

  #render() {
    const { scroller, element } = this;
    const isHidden = !scroller.clientHeight;
    // A hidden list keeps its rows, since the focus may return to one of them.
    if (isHidden && this.#rows.size) return;
    const active = document.activeElement;
    const focused = element.contains(active) ? remembered(active) : null;
    const held = [this.rowOf(active)?.key, ...this.#kept].filter((key) => this.#rows.has(key));
    const needed = new Set(held.map((key) => this.#batchOf(key)));
    const view = scroller.getBoundingClientRect();
    for (const [number, batch] of [...element.children].entries()) {
      const { top, bottom } = batch.getBoundingClientRect();
      const isNear = isHidden ? !number : bottom > view.top - BEYOND && top < view.bottom + BEYOND;
      if (isNear || needed.has(number)) this.#fill(number);
      else if (batch.firstChild) batch.replaceChildren();
      else continue;
      // What is above the view must not move what is in it.
      if (bottom <= view.top) scroller.scrollTop += batch.getBoundingClientRect().bottom - bottom;
    }
    for (const [key, row] of this.#rows) if (!element.contains(row.element)) this.#rows.delete(key);
    this.#stopAt(this.#stop);
    if (focused && document.activeElement !== active) findAgain(focused)?.focus({ preventScroll: true });
  }

  /** Gives a batch its rows, and moves no row that is in its place, since it would lose the focus. */
  #fill(number) {
    const batch = this.element.children[number];
    const rows = this.#items.slice(number * BATCH, (number + 1) * BATCH).map((item) => this.#row(item));
    let next = batch.firstElementChild;
    for (const row of rows) {
      if (row === next) next = next.nextElementSibling;
      else batch.insertBefore(row, next);
    }
    while (batch.childElementCount > rows.length) batch.lastElementChild.remove();
  }

  #row({ key, of, position }) {
    const known = this.#rows.get(key);
    const element = known && (known.of === of || this.#kept.has(key)) ? known.element : this.draw(of);
    if (known && known.element !== element) known.element.replaceWith(element);
    this.#rows.set(key, { of, element });
    element.setAttribute("role", "listitem");
    if (position !== null) {
      element.setAttribute("aria-posinset", position);
      element.setAttribute("aria-setsize", this.#size);
    }
    return element;
  }

  /** Makes a row the Tab stop; if it is not in the page, the first visible row that has a stop. */
  #stopAt(key) {
    const { top } = this.scroller.getBoundingClientRect();
    const controls = [...this.element.querySelectorAll("[data-stop]")];
    const own = controls.find(
      (control) => control.closest(".fn-batch > li") === this.#rows.get(key)?.element,
    );
    const stop = own ?? controls.find((control) => control.getBoundingClientRect().bottom > top);
    const row = this.rowOf(stop);
    this.#stop = row?.key ?? null;
    for (const control of controls) control.tabIndex = row?.element.contains(control) ? 0 : -1;
  }
}

function onKey(event, rows) {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  const control = target.closest("[data-stop]");
  const row = control && rows.rowOf(control);
  if (!row || event.defaultPrevented || ctrlKey || metaKey || altKey) return;
  const { index, element } = row;
  const [before, after] = document.documentElement.dir === "rtl" ? [1, -1] : [-1, 1];
  const controls = [...element.querySelectorAll("[data-stop]")];
  const at = controls.indexOf(control);
  const beside = controls[at + { ArrowLeft: before, ArrowRight: after }[key]];
  const page = Math.max(1, Math.floor((rows.scroller.clientHeight * 0.9) / element.offsetHeight));
  const to = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: rows.length - 1,
  }[key];
  if (to === undefined && !beside) return;
  event.preventDefault();
  if (beside) beside.focus({ preventScroll: true });
  else rows.focusRow(rows.keyAt(to), at);
}

/** Creates a row: a button that opens its item, and one that opens the item's menu; both receive their button. */
export function listRow({ id, name, kind = "", isCurrent, open, menu }, ...contents) {
  const attributes = {
    class: `fn-report${kind}`,
    "data-stop": "",
    "aria-current": isCurrent ? "true" : null,
  };
  const opener = button(contents, (event) => open(event.currentTarget), attributes);
  const more = moreButton(t("library.moreOf", { title: name }), menu, { "data-stop": "" });
  return make("li", { "data-id": id }, make("div.fn-row", opener, more));
}
