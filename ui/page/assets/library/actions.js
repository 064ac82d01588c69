/**
 * The menu of a report: its details, which take precedence over the file's own, the answers that cite it,
 * deletion.
 */

import { answerLink } from "../answer/request.js";
import { MAX_COLLECTION_CHARACTERS, MAX_DETAIL_CHARACTERS, UNKNOWN_LANGUAGE } from "../constants.js";
import { button, make, onEscape } from "../controls/dom.js";
import { toggleMenu } from "../controls/menu.js";
import { notify } from "../controls/notices.js";
import { getScope, setScope } from "../desk/scope.js";
import { dateWords, languageWords } from "../facts.js";
import { t, tag } from "../i18n.js";
import { editReport, getCitations, getReport, removeReport, restoreReport, words } from "../server.js";
import { sayGone } from "../source/panel.js";
import { closePart, focusBeside, focusReport, openPart, revealPart } from "./list.js";
import { hideReport, readReports, reports } from "./reports.js";

export function reportMenu(report, opener) {
  const { document_id: id, uploaded } = report;
  const asked = getScope().document_ids;
  const isAsked = asked.includes(id);
  const keepTo = () =>
    setScope({ document_ids: isAsked ? asked.filter((other) => other !== id) : [...asked, id] });
  toggleMenu(opener, [
    { words: t(isAsked ? "library.askNot" : "library.ask"), run: keepTo },
    { words: t("library.cited"), run: () => showCitations(report) },
    { words: t("library.edit"), run: () => editReportInPlace(report) },
    { separator: true },
    {
      words: t("library.delete"),
      run: () => remove(report),
      danger: true,
      disabled: !uploaded,
      hint: uploaded ? null : t("library.followed"),
    },
  ]);
}

function remove(report) {
  focusBeside(report.document_id);
  removeWithUndo(report, () => focusReport(report.document_id));
}

export function onRowKey(event, report, opener) {
  if (event.key === "F2") editReportInPlace(report);
  else if (event.key !== "Delete") return;
  else if (report.uploaded) remove(report);
  else reportMenu(report, opener);
  event.preventDefault();
}

// Deletion

function removeWithUndo({ document_id: id, title }, restored) {
  hideReport(id, true);
  sayGone(id, true);
  const removed = removeReport(id);
  removed.then(readAnew, (error) => putBack(id, t("removal.failed", { title, why: words(error) })));
  notify(t("removal.done", { title }), {
    action: { words: t("removal.undo"), run: () => takeBack(id, title, removed, restored) },
  });
}

async function takeBack(id, title, removed, restored) {
  try {
    await removed;
  } catch {
    return; // The deletion failed, and a notice says so already.
  }
  try {
    await restoreReport(id);
  } catch (error) {
    notify(t("removal.lost", { title, why: words(error) }), { alert: true });
    return;
  }
  await readAnew();
  putBack(id);
  restored();
}

const readAnew = () => readReports().catch(() => null);

function putBack(id, why = null) {
  hideReport(id, false);
  sayGone(id, false);
  if (why) notify(why, { alert: true });
}

// Citations

async function showCitations({ document_id: id, title }) {
  const contents = make("div", { role: "status" }, make("p.fn-remark", t("cited.reading")));
  const close = button(t("cited.close"), () => closePart({ refocus: true }), { class: "fn-link-button" });
  const part = make(
    "section.fn-part",
    { tabindex: "-1", "aria-label": t("cited.label", { title }) },
    make("div.fn-part-head", make("h3", t("cited.title")), close),
    contents,
  );
  onEscape(part, () => closePart({ refocus: true }));
  openPart(id, part);
  part.focus({ preventScroll: true });
  try {
    contents.replaceChildren(...listed(await getCitations(id)));
  } catch (error) {
    contents.replaceChildren(make("p.fn-warning", words(error)));
  }
  revealPart(part);
}

const listed = (answers) =>
  answers.length ? [make("ul.fn-cited", ...answers.map(answerRow))] : [make("p.fn-remark", t("cited.none"))];

function answerRow({ answer_id: id, question, created, quotes }) {
  const link = answerLink(id, question);
  const day = make("span.fn-fact", dateWords(created.slice(0, 10)));
  const times = make("span.fn-fact", t("cited.quotes", { count: quotes.length }));
  return make("li", link, make("span.fn-facts", day, " ", times));
}

// Details

const NAMES = ["title", "publisher", "author", "published", "language", "collection"];
const SUGGESTED = ["publisher", "collection"]; // fields that suggest the values of other reports
const GIVEN = ["edit", "upload"]; // origins of details that the library stores, and that the user can reset

async function editReportInPlace({ document_id: id, title }, first = "title") {
  const form = make("form.fn-part.fn-edit", { "aria-label": t("details.label", { title }), novalidate: "" });
  form.append(make("p.fn-remark", { role: "status" }, t("details.reading")));
  openPart(id, form);
  try {
    fill(form, await getReport(id));
    revealPart(form);
  } catch (error) {
    const close = button(t("details.cancel"), () => closePart({ refocus: true }), {
      class: "fn-small-button",
    });
    form.replaceChildren(make("p.fn-warning", { role: "alert" }, words(error)), close);
    return close.focus({ preventScroll: true });
  }
  const input = form.elements[first];
  input.focus();
  return input.select?.();
}

function fill(form, report) {
  const state = { report, busy: false };
  const fields = Object.fromEntries(NAMES.map((name) => [name, field(name, () => reset(name))]));
  const trouble = make("p.fn-warning", { role: "alert", hidden: "" });
  const save = make("button.fn-small-button.fn-main", { type: "submit" }, t("details.save"));
  const cancel = button(t("details.cancel"), () => closePart({ refocus: true }), {
    class: "fn-small-button",
  });
  form.replaceChildren(
    ...Object.values(fields).map(({ element }) => element),
    trouble,
    make("div.fn-choices", save, cancel),
  );
  Object.values(fields).forEach(({ show }) => show(report));
  onEscape(form, () => closePart({ refocus: true }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });

  async function submit() {
    const changes = Object.fromEntries(
      NAMES.map((name) => [name, fields[name].input.value.trim()]).filter(
        ([name, value]) => value !== fieldValue(state.report, name),
      ),
    );
    if (!Object.keys(changes).length || (await send(changes))) closePart({ refocus: true });
  }

  async function reset(name) {
    if (!(await send({ [name]: "" }))) return;
    fields[name].show(state.report);
    fields[name].input.focus();
  }

  async function send(changes) {
    if (state.busy) return false;
    state.busy = save.disabled = true;
    [trouble, ...NAMES.map((name) => fields[name].trouble)].forEach((place) => say(place, ""));
    try {
      state.report = await editReport(report.document_id, changes);
      // The change is saved, even if the page cannot read the list now.
      await readReports().catch(() => null);
      return true;
    } catch (error) {
      blame(error, Object.keys(changes));
      return false;
    } finally {
      state.busy = save.disabled = false;
    }
  }

  /** Shows each error beside the field that it names, or below all fields if it names no field. */
  function blame(error, changed) {
    const named = error.errors?.length
      ? error.errors
      : [{ field: fieldOf(error, changed), detail: words(error) }];
    for (const { field: name, detail } of named) {
      say(fields[name]?.trouble ?? trouble, detail);
      fields[name]?.input.setAttribute("aria-invalid", "true");
    }
    fields[named[0].field]?.input.focus();
  }
}

function fieldOf(error, changed) {
  if (error.status !== 422) return null;
  const names = (name) => error.message.includes(` ${name} `) || error.message.includes(` ${name}: `);
  return changed.length === 1 ? changed[0] : changed.find(names);
}

const fieldValue = (report, name) =>
  name === "language" && report[name] === UNKNOWN_LANGUAGE ? "" : (report[name] ?? "");

function say(place, sentence) {
  place.textContent = sentence;
  place.hidden = !sentence;
}

function field(name, reset) {
  const ids = { input: `fn-edit-${name}`, hint: `fn-edit-${name}-hint`, trouble: `fn-edit-${name}-trouble` };
  const input = inputOf(name, ids);
  const back = button(t("details.back"), reset, {
    class: "fn-link-button",
    "aria-label": t("details.backNamed", { field: t(`details.${name}`) }),
  });
  const hint = name === "published" ? make("p.fn-remark", { id: ids.hint }, t("details.dateForm")) : null;
  const trouble = make("p.fn-warning", { id: ids.trouble, role: "alert", hidden: "" });
  input.addEventListener("input", () => {
    input.removeAttribute("aria-invalid");
    say(trouble, "");
  });
  const head = make("div.fn-edit-head", make("label", { for: ids.input }, t(`details.${name}`)), back);
  const element = make("div.fn-edit-field", head, input, suggestions(name), hint, trouble);
  return {
    element,
    input,
    trouble,
    show(report) {
      input.value = fieldValue(report, name);
      back.hidden = !GIVEN.includes(report.origins[name]);
    },
  };
}

function inputOf(name, ids) {
  const attributes = {
    id: ids.input,
    name,
    class: "fn-field",
    "aria-describedby": `${ids.hint} ${ids.trouble}`,
  };
  if (name === "language") {
    const known = reports().map(({ language }) => language);
    const choices = languageChoices(known.filter((code) => code && code !== UNKNOWN_LANGUAGE));
    const option = ([value, label]) => make("option", { value }, label);
    return make("select", attributes, option(["", t("details.noLanguage")]), ...choices.map(option));
  }
  return make("input", {
    ...attributes,
    type: "text",
    dir: "auto",
    autocomplete: "off",
    maxlength: name === "collection" ? MAX_COLLECTION_CHARACTERS : MAX_DETAIL_CHARACTERS,
    list: SUGGESTED.includes(name) ? `fn-edit-${name}-known` : null,
  });
}

function suggestions(name) {
  if (!SUGGESTED.includes(name)) return null;
  const known = [...new Set(reports().map((report) => report[name]))].filter(Boolean).sort();
  return make(
    "datalist",
    { id: `fn-edit-${name}-known` },
    ...known.map((value) => make("option", { value })),
  );
}

// Languages

const CODES = [
  "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en",
  "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja",
  "jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb",
  "nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq",
  "sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu",
].flatMap((line) => line.split(" "));

function languageChoices(others) {
  const collator = new Intl.Collator(tag);
  return [...new Set([...CODES, ...others])]
    .map((code) => [code, languageWords(code)])
    .sort(([, a], [, b]) => collator.compare(a, b));
}
