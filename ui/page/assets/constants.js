/** Exports the constants that the server shares with the page (ui/page/constants.py). */

export const {
  LANGUAGES,
  UNKNOWN_LANGUAGE,
  SUFFIXES,
  EXPORT_FORMATS,
  JUDGEMENTS,
  MAX_QUESTION_CHARACTERS,
  MAX_QUERY_CHARACTERS,
  MAX_NOTE_CHARACTERS,
  MAX_NAME_CHARACTERS,
  MAX_COLLECTION_CHARACTERS,
  MAX_DETAIL_CHARACTERS,
  MAX_CONVERSATIONS,
} = JSON.parse(document.querySelector('meta[name="footnoted"]').content);
