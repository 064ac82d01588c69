/*
 * The badge below the question says who writes the answers; its dialog chooses the language model, and tests the
 * connection. Below the first answer, a line says once that a model would write it. Whoever may not change the
 * model only sees it. The server never sends a key.
 */

import { answersShown, idOf } from "../answer/answers.js";
import { button, make } from "../controls/dom.js";
import { say as announce, notify } from "../controls/notices.js";
import { drawn } from "../gradio.js";
import { t } from "../i18n.js";
import {
  chooseModel,
  clearModel,
  getModel,
  getModelServers,
  listModels,
  testModel,
  words,
} from "../server.js";
import { recall, remember } from "../storage.js";

const label = make("span", { dir: "auto" });
const badge = button("", () => openPanel(show), {
  class: "fn-model-badge",
  "aria-haspopup": "dialog",
  title: t("model.title"),
  hidden: "",
});
badge.append(make("span.fn-model-dot", { "aria-hidden": "true" }), label);

function show(model) {
  hint.model = model;
  offerModel();
  label.textContent = stateOf(model);
  badge.classList.toggle("fn-model-writes", Boolean(model.name));
  badge.classList.toggle("fn-model-trouble", Boolean(model.trouble));
  badge.hidden = false;
}

/** Reads the model; if the server does not respond, the badge stays as it is. */
const refresh = () => getModel().then(show, () => null);

/** Adds the badge, as soon as Gradio has rendered the input; another page may have changed the model since. */
export async function startModel() {
  const input = await drawn("#fn-question");
  input.append(badge);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  await refresh();
}

// Hint

const HINTED = "model.hinted";
const hint = { model: null, answer: null }; // what the server last said, and the id of the answer with the hint

/** Says below the first answer of this browser that a model would write it, while none is chosen. */
export function offerModel() {
  const old = document.querySelector("#fn-conversation .fn-model-hint");
  if (!hint.model?.changeable || hint.model.name) return old?.remove();
  const answered = answersShown().filter((answer) => answer.querySelector(".fn-sentences"));
  if (!hint.answer && answered.length && !recall(HINTED, false)) {
    hint.answer = idOf(answered[0]);
    remember(HINTED, true);
  }
  const answer = answered.find((one) => idOf(one) === hint.answer);
  if (!answer || answer.querySelector(".fn-model-hint")) return undefined;
  const choose = button(t("model.choose"), () => openPanel(show), {
    class: "fn-link-button",
    "aria-haspopup": "dialog",
  });
  const line = make("p.fn-model-hint", t("model.hint"), " ", choose);
  const suggestions = answer.querySelector(".fn-suggestions");
  return suggestions ? suggestions.before(line) : answer.append(line);
}

// Panel

/** For each kind of person who may choose the model: the key of the sentence that says so. */
const CHOOSERS = { machine: "model.elsewhere", administrator: "model.administrator" };

let dialog = null;

export const stateOf = ({ name }) => (name ? t("model.written", { name }) : t("model.quoted"));

/** Opens the panel; `onChange` receives the model whenever the panel has read or changed it. */
export async function openPanel(onChange) {
  let model;
  try {
    model = await getModel();
  } catch (error) {
    return notify(words(error), { alert: true });
  }
  onChange(model);
  dialog?.remove();
  dialog = make(
    "dialog",
    { id: "fn-model", class: "fn-dialog", "aria-labelledby": "fn-model-title" },
    make("h2", { id: "fn-model-title" }, t("model.title")),
    make("p.fn-hint", t("model.about")),
    model.trouble && make("p.fn-warning", { dir: "auto" }, t("model.trouble", { cause: model.trouble })),
    ...(model.changeable ? [form(model, onChange)] : facts(model)),
  );
  document.body.append(dialog);
  return dialog.showModal();
}

const closing = () => button(t("model.close"), () => dialog.close(), { class: "fn-button" });

function facts(model) {
  const named = [
    [t("model.name"), model.model],
    [t("model.address"), model.address],
  ].filter(([, value]) => value);
  const rows = named.flatMap(([name, value]) => [make("dt", name), make("dd", { dir: "auto" }, value)]);
  return [
    make("p.fn-model-state", stateOf(model)),
    rows.length ? make("dl", ...rows) : null,
    make("p", model.set_by ? t("model.fixed", { name: model.set_by }) : t(CHOOSERS[model.chooser])),
    make("div.fn-dialog-buttons", closing()),
  ];
}

function form(model, onChange) {
  const fields = modelFields(model, () => say(""));
  const said = make("p.fn-model-said", { role: "status" });
  const trouble = make("p.fn-warning", { role: "alert", dir: "auto" });
  const save = make("button.fn-button.fn-main", { type: "submit" }, t("model.save"));
  const test = button(t("model.test"), () => run(t("model.testing"), tryOut), { class: "fn-button" });
  const offers = make("div.fn-model-offers", { hidden: "" });
  const element = make(
    "form",
    offers,
    ...fields.elements,
    said,
    trouble,
    make("div.fn-dialog-buttons", save, test, closing()),
  );
  const arrange = () => {
    const chosen = fields.value();
    save.hidden = chosen?.model === null; // There is no file to choose.
    test.hidden = save.hidden || chosen === null;
    offers.hidden = !offers.children.length || !fields.isAsOpened();
  };
  element.addEventListener("change", arrange);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    run(t("model.saving"), () => keep(fields.value()));
  });
  arrange();
  showOffers();

  function say(sentence, error = "") {
    said.textContent = sentence;
    trouble.textContent = error;
  }

  /** Runs an action of a button, unless another action is running or, if it uses them, a field is missing. */
  async function run(sentence, action, usesFields = true) {
    if (save.disabled || (usesFields && !element.reportValidity())) return;
    say(sentence);
    save.disabled = test.disabled = true;
    try {
      say(await action());
    } catch (error) {
      say("", words(error));
    } finally {
      save.disabled = test.disabled = false;
    }
  }

  async function keep(chosen) {
    const changed = await (chosen ? chooseModel(chosen) : clearModel());
    onChange(changed);
    dialog.close();
    announce(t("model.saved", { state: stateOf(changed) }));
    return "";
  }

  const tryOut = async () => toldTrial(await testModel(fields.value()));

  /** Offers the servers that run on the machine, except the one in use. An error is ignored: they are optional. */
  async function showOffers() {
    const servers = await getModelServers().catch(() => []);
    const others = servers.filter(({ address }) => address !== addressOf(model));
    offers.replaceChildren(...others.map(offerOf));
    arrange();
  }

  function offerOf({ name, provider, address, models }) {
    if (!models.length) return make("p.fn-hint", t("model.hereEmpty", { name }));
    const names = models.map((one) => one.name);
    const choice = make(
      "select",
      { class: "fn-field", "aria-label": t("model.ofServer", { name }) },
      ...names.map((one) => make("option", { value: one }, shortName(one, names))),
    );
    choice.value = bestOf(models);
    const small = make("p.fn-hint", { role: "status" });
    const warn = () => {
      const isSmall = models.some((one) => one.name === choice.value && one.small);
      small.textContent = isSmall ? t("model.small") : "";
    };
    choice.addEventListener("change", warn);
    warn();
    const use = button(
      t("model.use"),
      () => run(t("model.saving"), () => keep({ provider, model: choice.value, address, key: null }), false),
      { class: "fn-button", "aria-label": t("model.useOf", { name }) },
    );
    return make("div.fn-model-offer", make("p", t("model.here", { name })), choice, use, small);
  }

  return element;
}

/** Returns the first model that is not small, or else the first one. */
const bestOf = (models) => (models.find(({ small }) => !small) ?? models[0]).name;

const addressOf = (model) => model.address ?? KINDS[kindOf(model)]?.address ?? null;

/** Says in sentences what a test has found. */
function toldTrial({ seconds, prompt_tokens: sent, completion_tokens: written, ...can }) {
  const told = [
    t("model.tested", { seconds: Math.max(Math.round(seconds * 10), 1) / 10, count: sent + written }),
    t(can.streams ? "model.streams" : "model.whole"),
    can.structured !== null && t(can.structured ? "model.structured" : "model.unstructured"),
    can.context_tokens ? t("model.context", { count: can.context_tokens }) : t("model.contextUnknown"),
    can.small && t("model.small"),
  ];
  return told.filter(Boolean).join(" ");
}

// Fields

/** For each kind of model: its provider, its fields, and the address that it has if none is typed. */
const KINDS = {
  none: { fields: [] },
  file: { provider: "llamacpp", fields: ["file"] },
  ollama: { provider: "ollama", fields: ["name", "address"], address: "http://127.0.0.1:11434" },
  llamacpp: { provider: "llamacpp", fields: ["name", "address", "key"], needs: ["address"] },
  openai: { provider: "openai", fields: ["name", "address", "key"], address: "https://api.openai.com/v1" },
  anthropic: { provider: "anthropic", fields: ["name", "address", "key"] },
};
const EXAMPLE = "http://127.0.0.1:8080/v1";
const LISTING = new Set(["ollama", "llamacpp", "openai", "anthropic"]); // the kinds whose servers list models

/** Returns the kind of a model. A provider that the command line has set is a kind of its own. */
function kindOf({ provider, address }) {
  if (provider === "llamacpp") return address ? "llamacpp" : "file";
  return provider ?? "none";
}

/** Returns the name of a file; its whole path if another file has the same name. */
function shortName(path, paths) {
  const nameOf = (one) => one.split(/[\\/]/).at(-1);
  return paths.filter((other) => nameOf(other) === nameOf(path)).length > 1 ? path : nameOf(path);
}

/**
 * Returns the elements of the fields, and `value`, the request of what is typed; null for quotes only. Its
 * `model` is null if there is no file to choose.
 */
function modelFields(model, onTyped) {
  const known = kindOf(model);
  const kinds = known in KINDS ? KINDS : { ...KINDS, [known]: { ...KINDS.anthropic, provider: known } };
  const kind = make(
    "select.fn-field",
    { id: "fn-model-kind" },
    ...Object.keys(kinds).map((name) =>
      make("option", { value: name }, name in KINDS ? t(`model.kind.${name}`) : name),
    ),
  );
  kind.value = known;
  const text = (name, more) =>
    make("input", { id: `fn-model-${name}`, class: "fn-field", type: "text", autocomplete: "off", ...more });
  const file = make(
    "select",
    { id: "fn-model-file", class: "fn-field", required: "" },
    ...model.files.map((path) => make("option", { value: path }, shortName(path, model.files))),
  );
  const inputs = {
    file,
    name: text("name", { required: "", spellcheck: "false" }),
    address: text("address", { type: "url", "aria-describedby": "fn-model-outside" }),
    key: text("key", { type: "password", autocomplete: "new-password", "aria-describedby": "fn-model-kept" }),
  };
  const state = { removes: false, models: [], place: null };
  const list = make("select", { id: "fn-model-list", class: "fn-field", hidden: "" });
  const looked = make("p.fn-hint", { dir: "auto" });
  const small = make("p.fn-hint", { role: "status" });
  const kept = make("p.fn-hint", { id: "fn-model-kept" });
  const remove = button(t("model.keyRemove"), removeKey, { class: "fn-link-button" });
  const noFile = make("p.fn-hint", t("model.noFile"));
  const outside = make("p.fn-hint", { id: "fn-model-outside" }, t("model.outside"));
  const rows = {
    file: row("file", inputs.file, noFile),
    name: row("name", inputs.name, list, looked),
    address: row("address", inputs.address, outside),
    key: row("key", inputs.key, make("div.fn-model-kept", kept, remove)),
  };

  inputs.name.value = known === "file" ? "" : (model.model ?? "");
  inputs.address.value = model.address ?? "";
  if (model.files.includes(model.model)) file.value = model.model;

  const filled = (name) => inputs[name].value.trim() || null;
  const address = () => (kinds[kind.value].fields.includes("address") ? filled("address") : null);

  /** Returns whether the server would keep its key for the typed model: only for the same provider and address. */
  const keeps = () =>
    model.has_key && kinds[kind.value].provider === model.provider && address() === (model.address ?? null);

  /** Returns where to look for models: {provider, address, key}; null while the fields name no such place. */
  function place() {
    const { provider, fields, address: usual } = kinds[kind.value];
    if (kind.value === "file") return { provider, address: null, key: null };
    if (!LISTING.has(kind.value) || !inputs.address.validity.valid) return null;
    const key = fields.includes("key") ? filled("key") : null;
    const isThere =
      address() || kind.value === "ollama" || ((usual || provider === "anthropic") && (key || keeps()));
    return isThere ? { provider, address: address(), key: key ?? (state.removes ? "" : null) } : null;
  }

  /** Shows the models at the typed place as a list, or says why there is none. */
  async function look() {
    const there = place();
    const asked = JSON.stringify(there);
    if (asked === state.place) return;
    state.place = asked;
    showModels([], there && kind.value !== "file" ? t("model.listing") : "");
    if (!there) return;
    const found = await listModels(there).then(
      (models) => [models, models.length ? "" : t("model.noneListed")],
      (error) => [[], t("model.unlisted", { cause: words(error) })],
    );
    if (state.place === asked) showModels(...found);
  }

  function showModels(models, sentence) {
    state.models = models;
    looked.textContent = sentence;
    const names = models.map(({ name }) => name);
    const typed = filled("name");
    const options = names.map((name) => make("option", { value: name }, shortName(name, names)));
    list.replaceChildren(...options, make("option", { value: "" }, t("model.anotherName")));
    if (names.length) list.value = typed && !names.includes(typed) ? "" : (typed ?? bestOf(models));
    const hadFocus = document.activeElement === inputs.name;
    arrange();
    if (hadFocus && inputs.name.hidden) list.focus();
  }

  const hasList = () => kind.value !== "file" && state.models.length > 0;
  const chosenName = () => (hasList() && list.value) || inputs.name.value.trim();

  function arrange() {
    const { fields, needs = [], address: usual = EXAMPLE } = kinds[kind.value];
    for (const [name, element] of Object.entries(rows)) {
      element.hidden = !fields.includes(name);
      inputs[name].disabled = element.hidden;
    }
    inputs.address.required = needs.includes("address");
    inputs.address.placeholder = usual;
    noFile.hidden = model.files.length > 0;
    file.hidden = !noFile.hidden;
    file.disabled ||= file.hidden;
    list.hidden = !hasList();
    inputs.name.hidden = hasList() && list.value !== "";
    inputs.name.disabled ||= inputs.name.hidden;
    rows.name.querySelector("label").htmlFor = list.hidden ? inputs.name.id : list.id;
    if (list.hidden) inputs.name.removeAttribute("aria-label");
    else inputs.name.setAttribute("aria-label", t("model.name"));
    const named = kind.value === "file" ? filled("file") : chosenName();
    const isSmall = kind.value !== "none" && state.models.some((one) => one.name === named && one.small);
    small.textContent = isSmall ? t("model.small") : "";
    kept.textContent = keeps() ? t(state.removes ? "model.keyGoes" : "model.keyKept") : "";
    remove.hidden = !keeps() || state.removes;
  }

  function removeKey() {
    state.removes = true;
    arrange();
    inputs.key.focus();
  }

  function value() {
    const { provider, fields } = kinds[kind.value];
    if (!provider) return null;
    const named = fields.includes("file") ? filled("file") : chosenName();
    const key = fields.includes("key") ? filled("key") : null;
    return { provider, model: named, address: address(), key: key ?? (state.removes ? "" : null) };
  }

  const elements = [row("kind", kind), rows.file, rows.name, small, rows.address, rows.key];
  for (const one of elements) {
    one.addEventListener("input", () => {
      arrange();
      onTyped();
    });
  }
  // While an address or a key is typed, it is not yet that of a server.
  for (const input of [kind, inputs.address, inputs.key]) input.addEventListener("change", look);
  arrange();
  look();
  return { elements, value, isAsOpened: () => kind.value === known };
}

function row(name, input, ...below) {
  const label = make("label", { for: input.id }, t(`model.${name}`));
  return make("div.fn-dialog-field", label, input, ...below);
}
