/** A menu behind a button: of actions, links and choices, over the page. */

import { findAgain, make, remembered } from "./dom.js";

const GAP = 4; // pixels between the button and its menu
const EDGE = 8; // pixels that are left between it and the window's edge

let shown = null; // {menu, opener, memory}

/**
 * Opens the menu of a button, or closes it. `entries` are, in their order:
 *
 * - {words, run}: an action; with `chosen`, true or false, one of several choices; with `hint`, words below its
 *   own; `disabled` where it is there only to say why it cannot be done
 * - {words, href, download}: a link
 * - {heading}: what the next ones have in common
 * - {separator: true}: a line
 */
export function toggleMenu(opener, entries) {
  const wasMine = shown?.opener === opener;
  closeMenu();
  if (wasMine) return;
  const menu = make("div", { class: "fn-menu", role: "menu", popover: "manual" }, ...entries.map(element));
  menu.setAttribute("aria-label", opener.getAttribute("aria-label") ?? opener.textContent);
  (opener.closest("aside") ?? document.body).append(menu);
  shown = { menu, opener, memory: remembered(opener) };
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

/** Closes the menu that is open; with `refocus`, its button gets the focus. */
function closeMenu({ refocus = false } = {}) {
  if (!shown) return;
  const { menu, opener, memory } = shown;
  shown = null;
  opener.setAttribute("aria-expanded", "false");
  menu.remove();
  // Its row may have been drawn anew meanwhile.
  if (refocus) findAgain(memory)?.focus({ preventScroll: true });
}

function element({ words, run, chosen, hint, disabled, href, download, heading, separator, danger }) {
  if (separator) return make("div", { class: "fn-menu-line", role: "separator" });
  if (heading) return make("div", { class: "fn-menu-heading", role: "presentation" }, heading);
  const role = chosen === undefined ? "menuitem" : "menuitemradio";
  const attributes = { role, tabindex: "-1", class: danger ? "fn-menu-item fn-danger" : "fn-menu-item" };
  const below = hint && make("span", { class: "fn-menu-hint" }, hint);
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

/** Puts a menu below its button, or above where there is no room; never beyond the window. */
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
  // A letter is the menu's, whether or not an entry begins with it: on the page it may undo something.
  if (event.key.length === 1) event.stopPropagation();
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key] ?? byLetter(all, at, event);
  if (to === undefined) return undefined;
  event.preventDefault();
  return all.at(to % all.length).focus({ preventScroll: true });
}

/** The next entry that begins with a letter that is typed. */
function byLetter(all, at, { key, ctrlKey, metaKey, altKey }) {
  if (key.length !== 1 || key === " " || ctrlKey || metaKey || altKey) return undefined;
  const turned = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  const found = turned.find((one) => one.textContent.toLowerCase().startsWith(key.toLowerCase()));
  return found && all.indexOf(found);
}

/** The button of the menu that is open: its row may have been drawn anew meanwhile. */
const buttonNow = () => findAgain(shown.memory) ?? shown.opener;

// What lies beside a menu closes it, and does nothing else with its button.
document.addEventListener("pointerdown", ({ target }) => {
  if (shown && !shown.menu.contains(target) && !shown.opener.contains(target)) closeMenu();
});
addEventListener("resize", () => closeMenu());
document.addEventListener(
  "scroll",
  ({ target }) => shown && target.contains(buttonNow()) && closeMenu(),
  true,
);
