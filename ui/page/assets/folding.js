/** Texts as they are compared where neither case nor accents count: as the server folds them. */

const PLAIN = /^[\x20-\x7e]*$/;
const UNHEARD = /[\u0300-\u036f\p{Cf}]+/gu; // the signs of other scripts stay: they are no accents
const STROKES = { đ: "d", ł: "l", ø: "o", ı: "i", ß: "ss" };

const bare = (text) => text.normalize("NFKD").replace(UNHEARD, "");

/** `text` on one line, in one case and without accents: "Lũ LỤT" is "lu lut". */
export function fold(text) {
  const folded = PLAIN.test(text)
    ? text.toLowerCase()
    : bare(bare(text).toLowerCase())
        .replace(/[đłøıß]/g, (letter) => STROKES[letter])
        .normalize("NFC");
  return folded.replace(/\s+/g, " ").trim();
}
