/** The fields of the language model's form: they show what the chosen kind of model needs. */

import { button, make } from "../controls/dom.js";
import { t } from "../i18n.js";

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
export function modelFields(model, onTyped) {
  const known = kindOf(model);
  const kinds = known in KINDS ? KINDS : { ...KINDS, [known]: { ...KINDS.anthropic, provider: known } };
  const kind = make(
    "select",
    { id: "fn-model-kind", class: "fn-field" },
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
  const state = { removes: false };
  const kept = make("p", { id: "fn-model-kept", class: "fn-hint" });
  const remove = button(t("model.keyRemove"), removeKey, { class: "fn-link-button" });
  const noFile = make("p", { class: "fn-hint" }, t("model.noFile"));
  const outside = make("p", { id: "fn-model-outside", class: "fn-hint" }, t("model.outside"));
  const rows = {
    file: row("file", inputs.file, noFile),
    name: row("name", inputs.name),
    address: row("address", inputs.address, outside),
    key: row("key", inputs.key, make("div", { class: "fn-model-kept" }, kept, remove)),
  };

  inputs.name.value = known === "file" ? "" : (model.model ?? "");
  inputs.address.value = model.address ?? "";
  if (model.files.includes(model.model)) file.value = model.model;

  const filled = (name) => inputs[name].value.trim() || null;
  const address = () => (kinds[kind.value].fields.includes("address") ? filled("address") : null);

  /** Returns whether the server would keep its key for the typed model: only for the same provider and address. */
  const keeps = () =>
    model.has_key && kinds[kind.value].provider === model.provider && address() === (model.address ?? null);

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
    const named = fields.includes("file") ? filled("file") : inputs.name.value.trim();
    const key = fields.includes("key") ? filled("key") : null;
    return { provider, model: named, address: address(), key: key ?? (state.removes ? "" : null) };
  }

  const elements = [row("kind", kind), ...Object.values(rows)];
  for (const element of elements) {
    element.addEventListener("input", () => {
      arrange();
      onTyped();
    });
  }
  arrange();
  return { elements, value };
}

function row(name, input, ...below) {
  const label = make("label", { for: input.id }, t(`model.${name}`));
  return make("div", { class: "fn-dialog-field" }, label, input, ...below);
}
