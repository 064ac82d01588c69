/**
 * Copies `words`: {text, html}, or a promise of such an object. A promise is possible because some browsers
 * allow clipboard access only directly after the user's action.
 */
export async function copy(words) {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const blob = (type, name) => Promise.resolve(words).then((had) => new Blob([had[name]], { type }));
    const item = { "text/plain": blob("text/plain", "text"), "text/html": blob("text/html", "html") };
    return navigator.clipboard.write([new ClipboardItem(item)]);
  }
  return copyByEvent(await words);
}

/** Copies by a `copy` event, for a page without HTTPS, where browsers offer no `navigator.clipboard`. */
function copyByEvent({ text, html }) {
  const fill = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData("text/html", html);
  };
  document.addEventListener("copy", fill, { once: true });
  const copied = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  if (!copied) throw new Error("copying is not allowed");
}
