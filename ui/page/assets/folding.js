/** Folds text for a comparison without case and accents, as the server does (index/text/find.py). */

const PLAIN = /^[\x20-\x7e]*$/;
const IGNORED = /[\u0300-\u036f\p{Cf}\p{Cs}]+/gu; // not the vowel and tone signs of other scripts
const LETTERS = { đ: "d", ł: "l", ø: "o", ı: "i", ß: "ss", ς: "σ" };

const bare = (text) => text.normalize("NFKD").replace(IGNORED, "");

/** Puts `text` on one line, in lower case and without accents: "Lũ LỤT" becomes "lu lut". */
export function fold(text) {
  const folded = PLAIN.test(text)
    ? text.toLowerCase()
    : bare(bare(text).toLowerCase())
        .replace(/[đłøıßς]/g, (letter) => LETTERS[letter])
        .normalize("NFC");
  return folded.replace(/\s+/g, " ").trim();
}
