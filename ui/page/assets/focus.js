/** Where the focus was, so that it can go back there after the nodes of the place were replaced. */

const PLACES = [
  // A link of an answer: by where it leads, and its words.
  {
    within: "#fn-conversation a",
    of: (link) => `${link.getAttribute("href")} ${link.textContent}`,
  },
  // What stands in a row of a list, by the row's number.
  {
    within: "[data-id] :is(button, a)",
    of: (control) => `${control.closest("[data-id]").dataset.id} ${control.className}`,
  },
];

/** An element as it can be found again; null stays null. */
export function remembered(element) {
  if (!element || element === document.body) return null;
  const place = PLACES.find(({ within }) => element.matches(within));
  return { element, place, mark: place?.of(element) };
}

/** The element that was remembered, or the latest one like it; null where there is none. */
export function findAgain(memory) {
  if (!memory || memory.element.isConnected) return memory?.element ?? null;
  if (!memory.place) return null;
  const like = [...document.querySelectorAll(memory.place.within)];
  return like.findLast((other) => memory.place.of(other) === memory.mark) ?? null;
}
