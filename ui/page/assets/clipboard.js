/** Puts words on the clipboard, plain and formatted. */

/** `words` is {text, html}, or a promise of it: some browsers want the clipboard reached for at once. */
export async function copy(words) {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const blob = (type, name) => Promise.resolve(words).then((had) => new Blob([had[name]], { type }));
    const item = { "text/plain": blob("text/plain", "text"), "text/html": blob("text/html", "html") };
    return navigator.clipboard.write([new ClipboardItem(item)]);
  }
  return copyByEvent(await words);
}

/** Copies where the page was not fetched over a secure connection, and has no clipboard of its own. */
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
