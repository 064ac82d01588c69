/** A menu of actions, links and choices below a button. */

import { button, findAgain, icon, make, remembered } from "./dom.js";

const GAP = 4; // pixels between the button and the menu
const EDGE = 8; // least pixels between the menu and the window's edge

/** Creates the button of a row's menu; `open` receives the button. */
export const moreButton = (label, open, attributes = {}) =>
  button(icon("more"), (event) => open(event.currentTarget), {
    class: "fn-row-more",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "aria-label": label,
    ...attributes,
  });

let shown = null; // {menu, opener, memory, top}; `top` is the button's place in the window

/**
 * Opens the menu of a button, or closes it if it is open. `entries` are, in order:
 *
 * - {words, run}: an action. `chosen`, true or false, makes it one of several choices; `hint` is a second
 *   line; `disabled` shows an action that is impossible now, so that its hint can say why
 * - {words, href, download}: a link
 * - {heading}: a heading of the next entries
 * - {separator: true}: a line
 */
export function toggleMenu(opener, entries) {
  const wasMine = shown?.opener === opener;
  closeMenu();
  if (wasMine) return;
  const menu = make("div.fn-menu", { role: "menu", popover: "manual" }, ...entries.map(element));
  menu.setAttribute("aria-label", opener.getAttribute("aria-label") ?? opener.textContent);
  (opener.closest("aside") ?? document.body).append(menu);
  shown = { menu, opener, memory: remembered(opener), top: opener.getBoundingClientRect().top };
  opener.setAttribute("aria-expanded", "true");
  menu.addEventListener("keydown", onKey);
  menu.addEventListener(
    "focusout",
    ({ relatedTarget }) => relatedTarget && !menu.contains(relatedTarget) && closeMenu(),
  );
  menu.showPopover();
  beside(menu, opener);
  (menu.querySelector('[aria-checked="true"]') ?? choices()[0])?.focus({ preventScroll: true });
}

function closeMenu({ refocus = false } = {}) {
  if (!shown) return;
  const { menu, opener, memory } = shown;
  shown = null;
  opener.setAttribute("aria-expanded", "false");
  menu.remove();
  // The list may have rendered the button's row again in the meantime.
  if (refocus) findAgain(memory)?.focus({ preventScroll: true });
}

function element({ words, run, chosen, hint, disabled, href, download, heading, separator, danger }) {
  if (separator) return make("div.fn-menu-line", { role: "separator" });
  if (heading) return make("div.fn-menu-heading", { role: "presentation" }, heading);
  const role = chosen === undefined ? "menuitem" : "menuitemradio";
  const attributes = { role, tabindex: "-1", class: danger ? "fn-menu-item fn-danger" : "fn-menu-item" };
  const below = hint && make("span.fn-menu-hint", hint);
  if (href)
    return make("a", { ...attributes, href, download, onclick: () => closeMenu({ refocus: true }) }, words);
  const go = () => {
    if (disabled) return;
    closeMenu({ refocus: true });
    run();
  };
  return make(
    "button",
    {
      ...attributes,
      type: "button",
      "aria-checked": chosen === undefined ? null : String(chosen),
      "aria-disabled": disabled ? "true" : null,
      onclick: go,
    },
    words,
    below,
  );
}

const choices = () => [...shown.menu.querySelectorAll(".fn-menu-item")];

function beside(menu, opener) {
  const button = opener.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = button.bottom + GAP;
  const top = below + height + EDGE > innerHeight ? Math.max(EDGE, button.top - GAP - height) : below;
  const start = document.documentElement.dir === "rtl" ? button.left : button.right - width;
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(EDGE, Math.min(start, innerWidth - width - EDGE))}px`;
}

function onKey(event) {
  const all = choices();
  const at = all.indexOf(document.activeElement);
  if (event.key === "Tab") return closeMenu({ refocus: true });
  if (event.key === "Escape") {
    event.stopPropagation();
    event.preventDefault();
    return closeMenu({ refocus: true });
  }
  // Stop letters even without a matching entry: the page may have a shortcut such as "z" for undo.
  if (event.key.length === 1) event.stopPropagation();
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key] ?? byLetter(all, at, event);
  if (to === undefined) return undefined;
  event.preventDefault();
  return all.at(to % all.length).focus({ preventScroll: true });
}

function byLetter(all, at, { key, ctrlKey, metaKey, altKey }) {
  if (key.length !== 1 || key === " " || ctrlKey || metaKey || altKey) return undefined;
  const turned = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  const found = turned.find((one) => one.textContent.toLowerCase().startsWith(key.toLowerCase()));
  return found && all.indexOf(found);
}

const buttonNow = () => findAgain(shown.memory) ?? shown.opener;

// A press outside closes the menu. A press on its button does not: the button's click handler closes it.
document.addEventListener("pointerdown", ({ target }) => {
  if (shown && !shown.menu.contains(target) && !shown.opener.contains(target)) closeMenu();
});
addEventListener("resize", () => closeMenu());
// The event of a scroll that ended before the menu opened may arrive late: then the button has not moved.
document.addEventListener(
  "scroll",
  () => shown && Math.abs(buttonNow().getBoundingClientRect().top - shown.top) > 1 && closeMenu(),
  true,
);
