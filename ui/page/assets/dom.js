/** Elements of the page: made with their attributes, and found again after others have replaced them. */

/** An element with attributes and children; `onclick` is a listener, null attributes and children are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

export const button = (label, onclick, attributes = {}) =>
  make("button", { type: "button", onclick, ...attributes }, label);

export const heading = (words, attributes = {}) => make("h2", { tabindex: "-1", ...attributes }, words);

/** Whether a person writes in an element. */
export const isWriting = (element) =>
  element?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? "");
