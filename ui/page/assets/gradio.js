/** Gradio's own components, from outside: waited for, and written into as a person does. */

/** The element that `selector` finds, as soon as Gradio has drawn it. */
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

/** Writes `words` into a Textbox, by its selector, where the page has it: its listeners hear of it. */
export function write(selector, words) {
  const area = document.querySelector(`${selector} textarea`);
  if (!area) return;
  // Svelte hears no change that is made through its own property.
  setValue.call(area, words);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
