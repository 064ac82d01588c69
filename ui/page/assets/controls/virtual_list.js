/*
 * Renders only the visible rows of a long list. Rows may have any height: the list measures each one after
 * rendering it.
 */

import { findAgain, make, remembered } from "./dom.js";

const BEYOND = 300; // pixels above and below the visible part in which rows are rendered
const GUESS = 90; // pixels: the assumed height of a row before any is measured
const PASSES = 4; // the most times that a view renders and measures its rows
const AIMING = 400; // milliseconds after `reveal` in which measuring other rows keeps the row in view

/**
 * A virtual list in a scrolling element.
 *
 * An item is {key, of, position}: `of` is the data of its row, and `position` its number among the counted
 * items, from 1; null if the item is not counted. If the `of` of an item changes, the list renders its row
 * again. The focused row and the rows that `keep` names stay in the page at every scroll position. The list
 * does not render kept rows again.
 * The Tab key stops at one row only, at each of its controls with the attribute data-stop.
 */
export class VirtualList {
  #items = [];
  #size = 0;
  #places = new Map(); // from each item's key to its index
  #tops = new Float64Array(1);
  #heights = new Map(); // from each item's key to its row's height
  #guess = GUESS;
  #rows = new Map(); // the rows in the page, by key: {key, of, element}
  #kept = new Set();
  #aim = null;
  #stop = null;
  #width = 0;
  #watching = new ResizeObserver((entries) => this.#onResize(entries));

  /** Adds the list to `scroller`; `draw` creates the row of an item, an `li`, from its `of`. */
  constructor(scroller, draw, label) {
    this.scroller = scroller;
    this.element = make("ul", { role: "list", class: "fn-rows", "aria-label": label });
    this.draw = draw;
    this.element.addEventListener("focusin", ({ target }) => this.#stopAt(this.rowOf(target)?.key));
    scroller.addEventListener("scroll", () => this.#render(), { passive: true });
    for (const moving of ["wheel", "touchmove", "pointerdown"])
      scroller.addEventListener(moving, () => (this.#aim = null), { passive: true });
    new ResizeObserver(() => this.#onWidth()).observe(scroller);
    scroller.append(this.element);
  }

  get length() {
    return this.#items.length;
  }

  /** Shows new items; `size` is how many of them are counted. */
  show(items, size = items.length) {
    const known = [...this.#heights.values()];
    if (known.length) this.#guess = known.reduce((sum, height) => sum + height, 0) / known.length;
    this.#items = items;
    this.#size = size;
    this.#places = new Map(items.map(({ key }, index) => [key, index]));
    this.#stack();
    this.#render();
  }

  /** Scrolls to an item's row if it is out of view, and returns the row's element. */
  reveal(key) {
    this.#aim = { key, until: performance.now() + AIMING };
    this.#intoView(key);
    this.#render();
    return this.#rows.get(key)?.element;
  }

  /** Renders one row again, or all except the kept ones, after a change that their `of` does not show. */
  redraw(key = null) {
    for (const row of this.#rows.values()) if (key === null || row.key === key) row.of = undefined;
    this.#render();
  }

  /** Keeps a row in the page without rendering it again; if `lasting` is false, stops keeping it. */
  keep(key, lasting) {
    if (lasting) this.#kept.add(key);
    else this.#kept.delete(key);
  }

  /** Returns the row that contains an element: {key, element, index}; null if none does. */
  rowOf(element) {
    const place = element?.closest?.(".fn-rows > li");
    const row = [...this.#rows.values()].find((one) => one.element === place);
    return row ? { key: row.key, element: row.element, index: this.#places.get(row.key) } : null;
  }

  /** Returns the key of the item at an index, or of the nearest item. */
  keyAt(index) {
    return this.#items[Math.max(0, Math.min(index, this.#items.length - 1))]?.key;
  }

  /** Returns the index of the item whose row is `distance` pixels below the top of the row at `index`. */
  indexFrom(index, distance) {
    return this.#at(this.#tops[index] + distance);
  }

  /** Computes each row's position from the measured heights, or from the assumed one. */
  #stack() {
    const tops = new Float64Array(this.#items.length + 1);
    this.#items.forEach(({ key }, index) => {
      tops[index + 1] = tops[index] + (this.#heights.get(key) ?? this.#guess);
    });
    this.#tops = tops;
    this.element.style.height = `${tops[tops.length - 1]}px`;
  }

  /** Returns the index of the row at a vertical position. */
  #at(height) {
    let [low, high] = [0, this.#items.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#tops[middle] <= height) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, 0);
  }

  /** Returns the indexes of the rows that should be in the page, in ascending order. */
  #wanted() {
    if (!this.#items.length) return [];
    const { scrollTop, clientHeight } = this.scroller;
    const [first, last] = [this.#at(scrollTop - BEYOND), this.#at(scrollTop + clientHeight + BEYOND)];
    const indexes = new Set(Array.from({ length: last - first + 1 }, (_, step) => first + step));
    const focused = this.rowOf(document.activeElement)?.key;
    for (const key of [focused, ...this.#kept])
      if (this.#rows.has(key) && this.#places.has(key)) indexes.add(this.#places.get(key));
    return [...indexes].sort((a, b) => a - b);
  }

  #render() {
    // A hidden list keeps its rows, since the focus may return to one of them.
    if (!this.scroller.clientHeight && this.#rows.size) return;
    const active = document.activeElement;
    const focused = this.element.contains(active) ? remembered(active) : null;
    // If rows are less high than assumed, there is room for more of them.
    for (let pass = 0; pass < PASSES; pass++) {
      this.#fill();
      const unknown = [...this.#rows.values()].filter(({ key }) => !this.#heights.has(key));
      if (!this.#note(unknown.map(({ key, element }) => [key, element.getBoundingClientRect().height])))
        break;
    }
    this.#stopAt(this.#stop);
    if (focused && document.activeElement !== active) findAgain(focused)?.focus({ preventScroll: true });
  }

  /** Adds the wanted rows to the page in order, and removes the others. */
  #fill() {
    const items = this.#wanted().map((index) => this.#items[index]);
    const drawn = new Map(items.map((item) => [item.key, item.of]));
    for (const row of this.#rows.values())
      if (!drawn.has(row.key) || (row.of !== drawn.get(row.key) && !this.#kept.has(row.key))) this.#drop(row);
    let next = this.element.firstElementChild;
    for (const item of items) {
      const { element } = this.#rows.get(item.key) ?? this.#add(item);
      if (element === next) next = next.nextElementSibling;
      else this.element.insertBefore(element, next);
      this.#place(element, item);
    }
  }

  #add({ key, of }) {
    const row = { key, of, element: this.draw(of) };
    this.#rows.set(key, row);
    this.#watching.observe(row.element);
    return row;
  }

  #drop(row) {
    this.#watching.unobserve(row.element);
    row.element.remove();
    this.#rows.delete(row.key);
  }

  #place(element, { key, position }) {
    element.style.top = `${this.#tops[this.#places.get(key)]}px`;
    if (position === null) return;
    element.setAttribute("aria-posinset", position);
    element.setAttribute("aria-setsize", this.#size);
  }

  /** Updates the heights, since a form or list that opens in a row makes it higher. */
  #onResize(entries) {
    if (!this.scroller.clientHeight) return;
    const measured = new Map(
      entries.map(({ target, borderBoxSize }) => [target, borderBoxSize[0].blockSize]),
    );
    const heights = [...this.#rows.values()].map(({ key, element }) => [key, measured.get(element)]);
    if (this.#note(heights)) this.#render();
  }

  /** Stores measured heights by key, and keeps the scroll position; returns whether any height changed. */
  #note(heights) {
    const changed = heights.filter(([key, height]) => height && height !== this.#heights.get(key));
    if (!changed.length) return false;
    const { scrollTop } = this.scroller;
    const top = this.#at(scrollTop);
    const within = scrollTop - this.#tops[top];
    for (const [key, height] of changed) this.#heights.set(key, height);
    this.#stack();
    if (performance.now() < this.#aim?.until) this.#intoView(this.#aim.key);
    else if (this.#tops[top] + within !== scrollTop) this.scroller.scrollTop = this.#tops[top] + within;
    return true;
  }

  /** Forgets the heights if the width changes, since text then wraps differently. */
  #onWidth() {
    const { clientWidth } = this.scroller;
    if (this.#width && clientWidth && this.#width !== clientWidth) this.#heights.clear();
    this.#width = clientWidth || this.#width;
    this.#render();
  }

  #intoView(key) {
    const index = this.#places.get(key);
    if (index === undefined) return;
    const { scrollTop, clientHeight } = this.scroller;
    const [top, bottom] = [this.#tops[index], this.#tops[index + 1]];
    if (top < scrollTop || bottom - top > clientHeight) this.scroller.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.scroller.scrollTop = bottom - clientHeight;
  }

  /** Makes a row the Tab stop; if it is not in the page, the first visible row that has a stop. */
  #stopAt(key) {
    const stops = (each) => this.#rows.get(each)?.element.querySelector("[data-stop]");
    let first = this.#at(this.scroller.scrollTop);
    while (first < this.length - 1 && !stops(this.keyAt(first))) first++;
    this.#stop = stops(key) ? key : this.keyAt(first);
    for (const row of this.#rows.values())
      for (const control of row.element.querySelectorAll("[data-stop]"))
        control.tabIndex = row.key === this.#stop ? 0 : -1;
  }
}

// Keys

const isRightToLeft = () => document.documentElement.dir === "rtl";

/** Returns the index that a key leads to from the row at `index`; undefined for any other key. */
function goal(rows, index, key) {
  const page = rows.scroller.clientHeight * 0.9;
  return {
    ArrowDown: () => index + 1,
    ArrowUp: () => index - 1,
    PageDown: () => Math.max(rows.indexFrom(index, page), index + 1),
    PageUp: () => Math.min(rows.indexFrom(index, -page), index - 1),
    Home: () => 0,
    End: () => rows.length - 1,
  }[key]?.();
}

/** Returns the neighbouring control in the row that a key leads to, if there is one. */
function beside(controls, control, key) {
  const forward = isRightToLeft() ? "ArrowLeft" : "ArrowRight";
  const backward = isRightToLeft() ? "ArrowRight" : "ArrowLeft";
  const step = { [forward]: 1, [backward]: -1 }[key];
  return step && controls[controls.indexOf(control) + step];
}

function onKey(event, rows) {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  const control = target.closest("[data-stop]");
  const row = control && rows.rowOf(control);
  if (!row || event.defaultPrevented || ctrlKey || metaKey || altKey) return;
  const controls = [...row.element.querySelectorAll("[data-stop]")];
  const to = goal(rows, row.index, key);
  const next = beside(controls, control, key);
  if (to === undefined && !next) return;
  event.preventDefault();
  if (next) next.focus({ preventScroll: true });
  else focusRow(rows, rows.keyAt(to), controls.indexOf(control));
}

/** Moves the focus to a row's first control, or the one at `place`; returns whether the row exists. */
export function focusRow(rows, key, place = 0) {
  const controls = rows.reveal(key)?.querySelectorAll("[data-stop]") ?? [];
  const control = controls[place] ?? controls[0];
  control?.focus({ preventScroll: true });
  return Boolean(control);
}

/** Enables keyboard navigation in a virtual list. */
export const walk = (rows) => rows.element.addEventListener("keydown", (event) => onKey(event, rows));
