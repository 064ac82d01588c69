/** Small pictures of buttons, drawn in lines of the text's colour. They say nothing to a screen reader. */

const SVG = "http://www.w3.org/2000/svg";

const LINES = {
  library: "M3.5 4.5h13v11h-13z M8 4.5v11",
  source: "M3.5 4.5h13v11h-13z M12 4.5v11",
  close: "M5.5 5.5l9 9 M14.5 5.5l-9 9",
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
