/*
 * Gradio's own labels in the reader's language, where Gradio does not know it: what it then falls back to is
 * what it has been given as English. This runs before Gradio's script, and is no module.
 */

{
  const words = window.gradio_config?.i18n_translations ?? {};
  const asked = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  const language = asked.find((code) => code in words);
  if (language) words.en = words[language];
}
