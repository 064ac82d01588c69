/*
 * The words of the interface in the reader's language, from locales/LANGUAGE.json; English where one is missing.
 *
 * A key's string has {name} where a value stands. What is counted has a string for each form of the plural:
 * key.one, key.other, and what else the language has.
 */

import { LANGUAGES } from "./constants.js";

const ENGLISH = "en";

const asked = (navigator.languages ?? [navigator.language]).map((tag) => tag.toLowerCase().split("-")[0]);

/** The language of the interface, by its short code. */
export const language = asked.find((code) => LANGUAGES.includes(code)) ?? ENGLISH;

/** Whether the browser knows how the language writes dates and lists: Chromium lacks Khmer, among others. */
export const isKnown = Intl.DateTimeFormat.supportedLocalesOf(language).length > 0;

/** What `Intl` is asked to write in: the days of this product's English come before its months. */
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

/** The key's string in the first language that has it, in the plural's form where `count` is a number. */
function pattern(key, count) {
  for (const [words, rules] of WORDS) {
    const forms = count === undefined ? [key] : [`${key}.${rules.select(count)}`, `${key}.other`];
    const form = forms.find((name) => words[name]);
    if (form) return words[form];
  }
  return key;
}

export const numberIn = (number) => new Intl.NumberFormat(tag).format(number);

const written = (value) => (typeof value === "number" ? numberIn(value) : String(value ?? ""));

/** The string of a key with its values; `count` chooses the plural's form. */
export const t = (key, values = {}) =>
  pattern(key, values.count).replace(/\{(\w+)\}/g, (_, name) => written(values[name]));

/** The same as a list of strings and nodes: a value may be nodes in place of words. */
export const parts = (key, values) =>
  pattern(key, values.count)
    .split(/(\{\w+\})/)
    .flatMap((piece) => {
      const name = /^\{(\w+)\}$/.exec(piece)?.[1];
      if (!name) return piece ? [piece] : [];
      return Array.isArray(values[name]) ? values[name] : [written(values[name])];
    });

/** Things in a row as the language lists them: "A, B and C"; nodes stay nodes. */
export function listed(things) {
  if (!isKnown) return things.flatMap((thing, index) => [index ? joint(index, things) : [], thing].flat());
  return new Intl.ListFormat(tag, { type: "conjunction" })
    .formatToParts(things.map((_, index) => String(index)))
    .flatMap(({ type, value }) => (type === "element" ? things[Number(value)] : [value]));
}

const joint = (index, things) => t(index === things.length - 1 ? "list.and" : "list.comma");

/** Says on the page which language it is in, and keeps it so: Gradio writes the browser's there. */
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
