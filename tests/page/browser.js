/*
 * The few things of a browser that the pure modules of the page need, for `node --test`: the reader's language,
 * the constants of the server, and a fetch that reads the locale files.
 */

import { readFile } from "node:fs/promises";

process.env.TZ = "Europe/Paris";

const CONSTANTS = {
  LANGUAGES: ["en", "id", "km", "vi", "zh"],
  UNKNOWN_LANGUAGE: "und",
  SUFFIXES: [".pdf", ".txt"],
  MAX_COLLECTION_CHARACTERS: 200,
};

globalThis.document = { querySelector: () => ({ content: JSON.stringify(CONSTANTS) }) };

Object.defineProperty(globalThis, "navigator", {
  value: { language: process.env.READER ?? "en", languages: [process.env.READER ?? "en"] },
});

globalThis.fetch = async (url) => {
  const words = await readFile(url, "utf-8");
  return { ok: true, json: async () => JSON.parse(words) };
};
