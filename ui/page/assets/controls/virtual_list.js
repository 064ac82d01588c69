/*
 * A long list of which only what is seen is in the page. Its rows have any height, and are measured as they
 * are drawn.
 */

import { findAgain, make, remembered } from "./dom.js";

const BEYOND = 300; // pixels that are drawn above and below what is seen
const GUESS = 90; // pixels: the height of a row before any was measured
const PASSES = 4; // that the rows of a view take to be measured, at most
const AIMING = 400; // milliseconds in which rows that turn out higher do not push away what is aimed at

/**
 * A list in an element that scrolls.
 *
 * An item is {key, of, position}: what is drawn, and its place among what is counted, from 1, or null. Its row
 * is drawn anew when its `of` is another one. The row with the focus stays in the page, wherever the list is
 * scrolled to; so do those that are kept, as they are. One row is a stop of the Tab key, with all of its
 * controls that have the attribute data-stop.
 */
export class VirtualList {
  #items = [];
  #size = 0;
  #places = new Map(); // the index of each item, by key
  #tops = new Float64Array(1);
  #heights = new Map(); // by key
  #guess = GUESS;
  #rows = new Map(); // those in the page, by key: {key, of, element}
  #kept = new Set();
  #aim = null;
  #stop = null;
  #width = 0;
  #watching = new ResizeObserver((entries) => this.#onResize(entries));

  /** Fills `scroller`; `draw` makes the row of what an item is of, an `li`. */
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

  /** Shows other items, of which `size` are counted. */
  show(items, size = items.length) {
    const known = [...this.#heights.values()];
    if (known.length) this.#guess = known.reduce((sum, height) => sum + height, 0) / known.length;
    this.#items = items;
    this.#size = size;
    this.#places = new Map(items.map(({ key }, index) => [key, index]));
    this.#stack();
    this.#render();
  }

  /** Scrolls to an item's row, where it is not seen, and gives its element. */
  reveal(key) {
    this.#aim = { key, until: performance.now() + AIMING };
    this.#intoView(key);
    this.#render();
    return this.#rows.get(key)?.element;
  }

  /** Draws a row anew, or all that are not kept, since something has changed that its item does not say. */
  redraw(key = null) {
    for (const row of this.#rows.values()) if (key === null || row.key === key) row.of = undefined;
    this.#render();
  }

  /** Keeps a row in the page as it is, or no longer. */
  keep(key, lasting) {
    if (lasting) this.#kept.add(key);
    else this.#kept.delete(key);
  }

  /** The row that an element is in: {key, element, index}; null where it is in none. */
  rowOf(element) {
    const place = element?.closest?.(".fn-rows > li");
    const row = [...this.#rows.values()].find((one) => one.element === place);
    return row ? { key: row.key, element: row.element, index: this.#places.get(row.key) } : null;
  }

  /** The key of the item at an index, or of the nearest one. */
  keyAt(index) {
    return this.#items[Math.max(0, Math.min(index, this.#items.length - 1))]?.key;
  }

  /** The index of the item whose row is `distance` pixels below the top of the row at `index`. */
  indexFrom(index, distance) {
    return this.#at(this.#tops[index] + distance);
  }

  /** Lays the rows one below the other, as high as they are or probably will be. */
  #stack() {
    const tops = new Float64Array(this.#items.length + 1);
    this.#items.forEach(({ key }, index) => {
      tops[index + 1] = tops[index] + (this.#heights.get(key) ?? this.#guess);
    });
    this.#tops = tops;
    this.element.style.height = `${tops[tops.length - 1]}px`;
  }

  /** The index of the row that lies at a height. */
  #at(height) {
    let [low, high] = [0, this.#items.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#tops[middle] <= height) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, 0);
  }

  /** The indexes of the rows that belong into the page, ascending. */
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
    // What is not seen keeps its rows, one of which the focus may come back to.
    if (!this.scroller.clientHeight && this.#rows.size) return;
    const active = document.activeElement;
    const focused = this.element.contains(active) ? remembered(active) : null;
    // Rows that are lower than was thought leave room for others.
    for (let pass = 0; pass < PASSES; pass++) {
      this.#fill();
      const unknown = [...this.#rows.values()].filter(({ key }) => !this.#heights.has(key));
      if (!this.#note(unknown.map(({ key, element }) => [key, element.getBoundingClientRect().height])))
        break;
    }
    this.#stopAt(this.#stop);
    if (focused && document.activeElement !== active) findAgain(focused)?.focus({ preventScroll: true });
  }

  /** Puts the rows that are wanted into the page, each in its place, and takes the others out. */
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

  /** What is open in a row makes it higher. */
  #onResize(entries) {
    if (!this.scroller.clientHeight) return;
    const measured = new Map(
      entries.map(({ target, borderBoxSize }) => [target, borderBoxSize[0].blockSize]),
    );
    const heights = [...this.#rows.values()].map(({ key, element }) => [key, measured.get(element)]);
    if (this.#note(heights)) this.#render();
  }

  /** Notes the heights of rows, by key, and whether some are new: what is seen on top stays where it is. */
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

  /** In another width, all heights are others. */
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

  /** Makes a row the stop of the Tab key; where it is not in the page, the first that is seen and can be one. */
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

/** Where a key leads from the row at `index` of a list; undefined where it leads nowhere. */
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

/** The control beside another in its row, where a key leads to one. */
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

/** Gives the focus to a row's first control, or to the one at `place`; whether there is such a row. */
export function focusRow(rows, key, place = 0) {
  const controls = rows.reveal(key)?.querySelectorAll("[data-stop]") ?? [];
  const control = controls[place] ?? controls[0];
  control?.focus({ preventScroll: true });
  return Boolean(control);
}

/** Lets the keys lead through a virtual list. */
export const walk = (rows) => rows.element.addEventListener("keydown", (event) => onKey(event, rows));
