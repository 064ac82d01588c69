/** Waits for Gradio's components, and types into them. */

export function drawn(selector) {
  const found = document.querySelector(selector);
  if (found) return Promise.resolve(found);
  return new Promise((resolve) => {
    const watching = new MutationObserver(() => {
      const element = document.querySelector(selector);
      if (!element) return;
      watching.disconnect();
      resolve(element);
    });
    watching.observe(document.querySelector("gradio-app"), { childList: true, subtree: true });
  });
}

const setValue = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;

/** Sets the text of the Textbox that matches `selector`, if there is one, and triggers its listeners. */
export function write(selector, words) {
  const area = document.querySelector(`${selector} textarea`);
  if (!area) return;
  // Svelte does not notice a change through the element's own `value` property.
  setValue.call(area, words);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
