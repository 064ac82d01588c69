/** The section of collections: limit a collection to some users, or open it to everyone. */

import { make } from "../controls/dom.js";
import { say } from "../controls/notices.js";
import { listed, t } from "../i18n.js";
import { getCollections, getUsers, limitCollection, words } from "../server.js";
import { askFor, checkedIn, checks } from "./dialogs.js";
import { act, drawAgain, row, rows, section } from "./sections.js";

function viewers({ limited_to: names }) {
  if (!names) return t("admin.collection.everyone");
  if (!names.length) return t("admin.collection.administrators");
  return t("admin.collection.users", { names: listed(names).join("") });
}

export function collectionsSection() {
  return section({
    name: "collections",
    title: t("admin.collections"),
    about: t("admin.collections.about"),
    draw: async () => [rows((await getCollections()).map(collectionRow), t("admin.collections.none"))],
  });

  function collectionRow(one) {
    const { collection: name, documents, limited_to: names } = one;
    const open = {
      words: t("admin.collection.open"),
      run: () => act(() => limitCollection(name, null), t("admin.collection.opened", { name })),
    };
    return row({
      id: `collection:${name}`,
      name,
      badges: names ? [[t("admin.collection.limited"), "role"]] : [],
      facts: [t("library.count", { count: documents }), viewers(one)],
      entries: [
        { words: t("admin.collection.limit"), run: () => limit(one).catch((error) => say(words(error))) },
        ...(names ? [open] : []),
      ],
    });
  }

  async function limit({ collection: name, limited_to: names }) {
    const members = (await getUsers()).filter(({ role }) => role === "member");
    const chosen = checks(
      t("admin.collection.chosen"),
      "viewer",
      members.map((user) => [user.name, user.name, (names ?? []).includes(user.name)]),
    );
    const nobody = make("p", { class: "fn-hint" }, t("admin.collection.noMember"));
    askFor({
      title: t("admin.collection.limiting", { name }),
      about: t("admin.collections.about"),
      fields: [members.length ? chosen : nobody],
      submit: t("model.save"),
      run: async () => {
        const administrators = (names ?? []).filter((one) => !members.some((user) => user.name === one));
        await limitCollection(name, [...checkedIn(chosen), ...administrators]);
        say(t("admin.saved"));
        await drawAgain();
      },
    });
  }
}
