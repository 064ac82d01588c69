/** Small pictures of buttons, drawn in lines of the text's colour. They say nothing to a screen reader. */

const SVG = "http://www.w3.org/2000/svg";

const LINES = {
  library: "M3.5 4.5h13v11h-13z M8 4.5v11",
  source: "M3.5 4.5h13v11h-13z M12 4.5v11",
  close: "M5.5 5.5l9 9 M14.5 5.5l-9 9",
  contents: "M3.5 5.5h13 M6.5 10h10 M6.5 14.5h10 M3.5 10h.01 M3.5 14.5h.01",
  find: "M9 3.75a5.25 5.25 0 1 0 0 10.5a5.25 5.25 0 0 0 0-10.5z M12.9 12.9l3.85 3.85",
  ask: "M3.5 4.5h13v9h-7l-3.5 3v-3h-2.5z",
  copy: "M7.5 7.5h9v9h-9z M4.5 12.5h-1v-9h9v1",
  before: "M12 4.5l-5.5 5.5l5.5 5.5",
  after: "M8 4.5l5.5 5.5l-5.5 5.5",
  up: "M4.5 12l5.5-5.5l5.5 5.5",
  down: "M4.5 8l5.5 5.5l5.5-5.5",
  shortcuts: "M3 5.5h14v9H3z M6 8.5h.01 M10 8.5h.01 M14 8.5h.01 M7 11.5h6",
};

export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 20 20");
  picture.setAttribute("class", "fn-icon");
  picture.setAttribute("aria-hidden", "true");
  const lines = document.createElementNS(SVG, "path");
  lines.setAttribute("d", LINES[name]);
  picture.append(lines);
  return picture;
}
