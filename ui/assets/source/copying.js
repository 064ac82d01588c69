/** Words of a report with what they come from, for another text. */

import { t } from "../i18n.js";
import { dateWords, ownDate } from "../words.js";
import { hrefOf } from "./trail.js";

/** Words with their source, and the address at which they are shown: {words, start, end}, `page` or 0. */
export function quoteWithSource(report, { words, start, end }, page) {
  const known = [report.publisher ?? report.author, dateWords(ownDate(report))];
  const facts = [report.title, ...known, page ? t("source.page", { page }) : null].filter(Boolean).join(", ");
  const target = hrefOf({ id: report.document_id, version: report.version, quote: { start, end } });
  return `“${words}”\n${facts}\n${new URL(`./${target}`, document.baseURI)}\n`;
}

/** Puts words on the clipboard; gives whether that was allowed. */
export async function toClipboard(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return copiedAsEvent(words);
  }
}

/** The older way, which also a page has that was not fetched over TLS. */
function copiedAsEvent(words) {
  const onCopy = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", words);
  };
  document.addEventListener("copy", onCopy, { once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", onCopy);
  return done;
}
