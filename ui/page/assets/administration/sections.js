/** The sections of the administrator's page, and the rows of their lists. */

import { button, findAgain, icon, make, remembered } from "../controls/dom.js";
import { toggleMenu } from "../controls/menu.js";
import { say } from "../controls/notices.js";
import { momentWords } from "../facts.js";
import { t } from "../i18n.js";
import { words } from "../server.js";

const live = [];

/**
 * Returns {element, load} of a section. `draw` resolves to its content; `load` draws it again and keeps the
 * focus. Each change draws an `isLive` section again. `add` is {words, run}: a button beside the title.
 */
export function section({ name, title, about, add, draw, isLive = true }) {
  const body = make("div", { class: "fn-section-body" });
  const head = make("div", { class: "fn-section-head" }, make("h2", { id: `fn-${name}-title` }, title));
  if (add) head.append(button(add.words, add.run, { class: "fn-button" }));
  const element = make(
    "section",
    { id: name, "aria-labelledby": `fn-${name}-title` },
    head,
    about && make("p", { class: "fn-hint" }, about),
    body,
  );
  async function load() {
    try {
      const content = await draw();
      const memory = body.contains(document.activeElement) ? remembered(document.activeElement) : null;
      body.replaceChildren(...content);
      findAgain(memory)?.focus({ preventScroll: true });
    } catch (error) {
      body.replaceChildren(make("p", { class: "fn-warning", role: "alert" }, words(error)));
    }
  }
  if (isLive) live.push(load);
  return { name, title, element, load };
}

/** Draws the sections again that a change may have changed. */
export const drawAgain = () => Promise.all(live.map((load) => load()));

/** Returns a list of rows, or the sentence that there is none. */
export const rows = (items, none) =>
  items.length ? make("ul", { class: "fn-rows" }, ...items) : make("p", { class: "fn-hint" }, none);

/**
 * Returns a row: a name, badges, facts, and actions. `badges` are [words, kind]. `entries` are those of a
 * menu (controls/menu.js).
 */
export function row({ id, name, badges = [], facts, entries = [], isEnded = false }) {
  const more = entries.length
    ? button("", (event) => toggleMenu(event.currentTarget, entries), {
        class: "fn-row-more",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        "aria-label": t("admin.more", { name }),
      })
    : null;
  more?.append(icon("more"));
  const said = badges.map(([said, kind]) => make("span", { class: `fn-badge fn-badge-${kind}` }, said));
  return make(
    "li",
    { "data-id": id, class: isEnded ? "fn-ended" : null },
    make(
      "div",
      { class: "fn-row-words" },
      make("p", { class: "fn-row-name" }, make("span", { dir: "auto" }, name), ...said),
      make("p", { class: "fn-row-facts" }, ...facts.filter(Boolean).map((fact) => make("span", {}, fact))),
    ),
    more,
  );
}

/** Runs an action of a menu, says how it went, and draws the sections again. */
export async function act(run, done) {
  try {
    await run();
    say(done);
  } catch (error) {
    say(words(error));
  }
  await drawAgain();
}

export const dayWords = (seconds) => momentWords(new Date(seconds * 1000), { dateStyle: "medium" });

export const momentOf = (seconds) =>
  momentWords(new Date(seconds * 1000), { dateStyle: "medium", timeStyle: "short" });
