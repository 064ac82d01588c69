/** Words of a report with what they come from, for another text. */

import { copy } from "../clipboard.js";
import { make } from "../dom.js";
import { t } from "../i18n.js";
import { dateWords, ownDate } from "../words.js";
import { hrefOf } from "./trail.js";

/**
 * Puts words, {words, start, end}, on the clipboard with their source and the address at which they are
 * shown; gives whether that was allowed. `page` is their page's number, or 0.
 */
export async function copyWithSource(report, selected, page) {
  try {
    await copy(written(report, selected, page));
    return true;
  } catch {
    return false;
  }
}

function written(report, { words, start, end }, page) {
  const known = [report.publisher ?? report.author, dateWords(ownDate(report))];
  const facts = [report.title, ...known, page ? t("source.page", { page }) : null].filter(Boolean).join(", ");
  const target = hrefOf({ id: report.document_id, version: report.version, quote: { start, end } });
  const address = new URL(`./${target}`, document.baseURI).href;
  const quote = `“${words}”`;
  const link = make("a", { href: address }, facts);
  return {
    text: `${quote}\n${facts}\n${address}\n`,
    html: make("blockquote", {}, quote).outerHTML + make("p", {}, link).outerHTML,
  };
}
