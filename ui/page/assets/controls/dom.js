/** Creates elements, icons and search fields, and finds a focused element again after the page has replaced it. */

/**
 * Creates an element from "tag.class.class", perhaps attributes, and children. A function is a listener: `onclick`.
 * Attributes and children that are null are left out.
 */
export function make(selector, ...contents) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  const attributes = contents[0]?.constructor === Object ? contents.shift() : {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value != null) element.setAttribute(name, value);
  }
  element.append(...contents.flat().filter((child) => child != null));
  return element;
}

export const button = (label, onclick, attributes = {}) =>
  make("button", { type: "button", onclick, ...attributes }, label);

export const iconButton = (picture, words, onclick, attributes = {}) =>
  button(icon(picture), onclick, { "aria-label": words, title: words, ...attributes });

export const heading = (words, attributes = {}) => make("h2", { tabindex: "-1", ...attributes }, words);

export const isWriting = (element) =>
  element?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? "");

/** Runs `run` at Escape in an element, unless the key has had another effect. */
export function onEscape(element, run) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    run();
  });
}

// Icons

const SVG = "http://www.w3.org/2000/svg";

const LINES = {
  library: "M3.5 4.5h13v11h-13z M8 4.5v11",
  source: "M3.5 4.5h13v11h-13z M12 4.5v11",
  close: "M5.5 5.5l9 9 M14.5 5.5l-9 9",
  more: "M4.5 10h.01 M10 10h.01 M15.5 10h.01",
  chevron: "M7.5 5l5 5-5 5",
  find: "M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z M13 13l4 4",
  filter: "M3 5.5h14 M5.5 10h9 M8.5 14.5h3",
  sort: "M6.5 4.5v11 M3.5 12.5l3 3 3-3 M11 5.5h6 M11 10h4.5 M11 14.5h3",
  folder: "M2.5 5.5h5l2 2h8v8h-15z",
  plus: "M10 4v12 M4 10h12",
  contents: "M3.5 5.5h13 M6.5 10h10 M6.5 14.5h10 M3.5 10h.01 M3.5 14.5h.01",
  ask: "M3.5 4.5h13v9h-7l-3.5 3v-3h-2.5z",
  copy: "M7.5 7.5h9v9h-9z M4.5 12.5h-1v-9h9v1",
  before: "M12 4.5l-5.5 5.5l5.5 5.5",
  after: "M8 4.5l5.5 5.5l-5.5 5.5",
  up: "M4.5 12l5.5-5.5l5.5 5.5",
  down: "M4.5 8l5.5 5.5l5.5-5.5",
  gear:
    "M10 7.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 1 1 0-5.6z M10 2.5v2.4 M10 15.1v2.4 M2.5 10h2.4 M15.1 10h2.4 " +
    "M4.7 4.7l1.7 1.7 M13.6 13.6l1.7 1.7 M15.3 4.7l-1.7 1.7 M6.4 13.6l-1.7 1.7",
  shortcuts: "M3 5.5h14v9H3z M6 8.5h.01 M10 8.5h.01 M14 8.5h.01 M7 11.5h6",
};

export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 20 20");
  picture.setAttribute("class", "fn-icon");
  picture.setAttribute("aria-hidden", "true");
  const lines = document.createElementNS(SVG, "path");
  lines.setAttribute("d", LINES[name]);
  picture.append(lines);
  return picture;
}

// Focus

const PLACES = [
  // A link of an answer: identified by its target and its text.
  { within: "#fn-conversation a", of: (link) => `${link.getAttribute("href")} ${link.textContent}` },
  // A control in a row of a list: identified by the row's id and its own class.
  {
    within: "[data-id] :is(button, a)",
    of: (control) => `${control.closest("[data-id]").dataset.id} ${control.className}`,
  },
];

/** Describes an element so that `findAgain` can find it; null for no element. */
export function remembered(element) {
  if (!element || element === document.body) return null;
  const place = PLACES.find(({ within }) => element.matches(within));
  return { element, place, mark: place?.of(element) };
}

/** Returns the described element or, if it has left the page, the last one with the same description. */
export function findAgain(memory) {
  if (!memory || memory.element.isConnected) return memory?.element ?? null;
  if (!memory.place) return null;
  const like = [...document.querySelectorAll(memory.place.within)];
  return like.findLast((other) => memory.place.of(other) === memory.mark) ?? null;
}

// Search field

export function findField(label, { find, goOn }) {
  const input = make("input", {
    type: "search",
    class: "fn-field",
    "aria-label": label,
    placeholder: label,
    autocomplete: "off",
    spellcheck: "false",
  });
  input.addEventListener("input", () => find(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && input.value) {
      event.preventDefault();
      input.value = "";
      find("");
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      goOn();
    }
  });
  return { input, element: make("div.fn-finder", icon("find"), input) };
}
