/*
 * Moments in the words of the interface's language.
 *
 * Where the browser does not know the language, what it writes in English gets the language's own names.
 */

import { isKnown, t, tag } from "./i18n.js";

/** What `Intl.DateTimeFormat` makes of a moment with these options. */
export function momentWords(moment, options) {
  const format = new Intl.DateTimeFormat(tag, options);
  return isKnown ? format.format(moment) : format.formatToParts(moment).map(ownWords).join("");
}

/** A part of an English date in the language's words; where English joins day and hour by a word, a space. */
function ownWords({ type, value }) {
  const name = value.slice(0, 3).toLowerCase();
  if (type === "weekday") return t(`weekday.${name}`);
  if (type === "month") return t(`month.${name}`);
  return type === "literal" && /\p{L}/u.test(value) ? " " : value;
}
