/*
 * Shows Gradio's own labels in the reader's language, also in a language that Gradio does not know: Gradio
 * then falls back to the English labels, which this script replaces. The script runs before Gradio's script,
 * and is not a module.
 */

{
  const words = window.gradio_config?.i18n_translations ?? {};
  const asked = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  const language = asked.find((code) => code in words);
  if (language) words.en = words[language];
}
