/** The sections of the language model, the storage and the newest records of the audit log. */

import { button, make } from "../controls/dom.js";
import { bytesWords } from "../facts.js";
import { numberIn, t } from "../i18n.js";
import { openPanel, stateOf } from "../model/panel.js";
import { getActivity, getModel, getStorage } from "../server.js";
import { momentOf, rows, section } from "./sections.js";

const NEWEST = 20;

/** The strings for senders without a name, by kind: anyone while sign-in is off, a command, or unknown. */
const NAMELESS = {
  local: "admin.activity.noSignIn",
  machine: "admin.activity.command",
  nobody: "admin.activity.unknown",
};

const pairs = (facts) =>
  make(
    "dl",
    { class: "fn-pairs" },
    ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
  );

export const modelSection = () =>
  section({
    name: "model",
    title: t("model.title"),
    isLive: false,
    draw: async () => {
      const state = make("p", { dir: "auto" });
      const show = (model) => (state.textContent = stateOf(model));
      show(await getModel());
      const open = button(t("admin.model.open"), () => openPanel(show), {
        class: "fn-button",
        "aria-haspopup": "dialog",
      });
      return [make("div", { class: "fn-row-line" }, state, open)];
    },
  });

export const storageSection = () =>
  section({
    name: "storage",
    title: t("admin.storage"),
    isLive: false,
    draw: async () => {
      const { documents, passages, bytes, uploaders, last_backup: backup } = await getStorage();
      return [
        pairs([
          [t("admin.storage.documents"), numberIn(documents)],
          [t("admin.storage.passages"), numberIn(passages)],
          [t("admin.storage.index"), bytesWords(bytes.index)],
          [t("admin.storage.catalog"), bytesWords(bytes.catalog)],
          [t("admin.storage.answers"), bytesWords(bytes.answers)],
          [t("admin.storage.uploads"), bytesWords(bytes.uploads)],
          ...uploaders.map(({ user, token, bytes: own }) => [
            t("admin.storage.uploadsOf", { name: user ?? token ?? t("admin.activity.unknown") }),
            bytesWords(own),
          ]),
          [t("admin.storage.backup"), backup ? momentOf(backup) : t("admin.storage.noBackup")],
        ]),
        ...(backup ? [] : [make("p", { class: "fn-hint" }, t("admin.storage.backUp"))]),
      ];
    },
  });

export const activitySection = () =>
  section({
    name: "activity",
    title: t("admin.activity"),
    about: t("admin.activity.about", { number: NEWEST }),
    draw: async () => [rows((await getActivity(NEWEST)).map(recordRow), t("admin.activity.none"))],
  });

function recordRow({ at, who, kind, action, target, outcome }) {
  const done = outcome === "done";
  return make(
    "li",
    { class: "fn-record" },
    make("time", { datetime: new Date(at * 1000).toISOString() }, momentOf(at)),
    make("span", { class: "fn-record-who", dir: "auto" }, who ?? t(NAMELESS[kind] ?? NAMELESS.nobody)),
    make(
      "span",
      { class: "fn-record-what" },
      make("code", {}, action),
      target && make("span", { dir: "auto" }, target),
    ),
    make(
      "span",
      { class: done ? "fn-record-done" : "fn-badge fn-badge-locked" },
      done ? t("admin.activity.done") : t("admin.activity.refused", { status: outcome }),
    ),
  );
}
