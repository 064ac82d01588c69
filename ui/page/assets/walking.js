/** The keys that lead through a list: from row to row, and in a row from control to control. */

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
