/*
 * Translates the interface into the reader's language, from locales/LANGUAGE.json, or else into English.
 *
 * A string has {name} in place of a value. A string with a count has one form for each plural of the
 * language: key.one, key.other and so on.
 */

import { LANGUAGES } from "./constants.js";

const ENGLISH = "en";
const asked = (navigator.languages ?? [navigator.language]).map((tag) => tag.toLowerCase().split("-")[0]);
export const language = asked.find((code) => LANGUAGES.includes(code)) ?? ENGLISH;

/** Returns whether the browser can format dates and lists in the language: Chromium lacks Khmer, for example. */
export const isKnown = Intl.DateTimeFormat.supportedLocalesOf(language).length > 0;

/** The locale for `Intl`. British English puts the day before the month. */
export const tag = language === ENGLISH || !isKnown ? "en-GB" : language;

const read = async (code) => {
  const response = await fetch(new URL(`./locales/${code}.json`, import.meta.url)).catch(() => null);
  return response?.ok ? response.json() : {};
};

const [own, english] = await Promise.all([language === ENGLISH ? {} : read(language), read(ENGLISH)]);

const WORDS = [
  [own, new Intl.PluralRules(language)],
  [english, new Intl.PluralRules(ENGLISH)],
];

function pattern(key, count) {
  for (const [words, rules] of WORDS) {
    const forms = count === undefined ? [key] : [`${key}.${rules.select(count)}`, `${key}.other`];
    const form = forms.find((name) => words[name]);
    if (form) return words[form];
  }
  return key;
}

export const numberIn = (number) => new Intl.NumberFormat(tag).format(number);

/** Writes a share, 0 to 1, in whole percent; 100% is only what is whole. */
export const percentIn = (share) =>
  new Intl.NumberFormat(tag, { style: "percent" }).format(Math.floor(share * 100) / 100);

const written = (value) => (typeof value === "number" ? numberIn(value) : String(value ?? ""));

/** Returns the string of a key with its values filled in; `values.count` chooses the plural form. */
export const t = (key, values = {}) =>
  pattern(key, values.count).replace(/\{(\w+)\}/g, (_, name) => written(values[name]));

/** Returns the string of a key as a list of strings and nodes: a value may be an array of nodes. */
export const parts = (key, values) =>
  pattern(key, values.count)
    .split(/(\{\w+\})/)
    .flatMap((piece) => {
      const name = /^\{(\w+)\}$/.exec(piece)?.[1];
      if (!name) return piece ? [piece] : [];
      return Array.isArray(values[name]) ? values[name] : [written(values[name])];
    });

/** Joins items as the language joins a list: "A, B and C". Returns an array in which nodes stay nodes. */
export function listed(things) {
  if (!isKnown) return things.flatMap((thing, index) => [index ? joint(index, things) : [], thing].flat());
  return new Intl.ListFormat(tag, { type: "conjunction" })
    .formatToParts(things.map((_, index) => String(index)))
    .flatMap(({ type, value }) => (type === "element" ? things[Number(value)] : [value]));
}

const joint = (index, things) => t(index === things.length - 1 ? "list.and" : "list.comma");

/** Sets the page's language and direction, and restores them when Gradio writes the browser's language. */
export function declareLanguage() {
  const root = document.documentElement;
  const direction = new Intl.Locale(language).getTextInfo?.().direction ?? "ltr";
  const declare = () => {
    if (root.lang !== language) root.lang = language;
    if (root.dir !== direction) root.dir = direction;
  };
  declare();
  new MutationObserver(declare).observe(root, { attributeFilter: ["lang", "dir"] });
}
