/** Sends the page's requests to the server. */

import { t } from "./i18n.js";

class Refusal extends Error {}

const address = (path) => new URL(path, document.baseURI);

let leaving = false;

/** Opens the sign-in page, which says that the session has ended and leads back to this place. */
function toSignIn() {
  if (leaving) return;
  leaving = true;
  const here = location.pathname + location.search + location.hash;
  location.assign(address(`sign-in?why=ended&next=${encodeURIComponent(here)}`));
}

// Gradio sends the questions, and shows a refusal only as an error.
const plainFetch = window.fetch;
window.fetch = async (...asked) => {
  const response = await plainFetch(...asked);
  if (response.status === 401) toSignIn();
  return response;
};

function refusal(status, problem) {
  const message = problem?.detail ?? t("server.status", { status: String(status) });
  return Object.assign(new Refusal(message), { status, errors: problem?.errors ?? [] });
}

async function ask(path, options) {
  const response = await fetch(address(path), { headers: { Accept: "application/json" }, ...options });
  if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
  return response;
}

const get = async (path, options) => (await ask(path, options)).json();

async function send(path, method, fields) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  return (await ask(path, { method, headers, body: JSON.stringify(fields) })).json();
}

async function ofReport(path, options) {
  try {
    return await get(path, options);
  } catch (error) {
    throw error.status === 404 ? new Refusal(t("server.gone")) : error;
  }
}

/** Fetches the reports for the list: {reports, tag}; null if they have not changed since `tag`. */
export async function getReports(tag) {
  const known = tag ? { "If-None-Match": tag } : {};
  const options = { headers: { Accept: "application/json", ...known }, cache: "no-store" };
  const response = await fetch(address("v1/documents?brief=true"), options);
  if (response.status === 304) return null;
  if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
  return { reports: (await response.json()).documents, tag: response.headers.get("ETag") };
}

export const getReport = (id, version) =>
  ofReport(`v1/documents/${id}${version ? `?version=${version}` : ""}`);
export const getText = (id, version, start, end) =>
  ofReport(`v1/documents/${id}/text?version=${version}&start=${Math.max(start, 0)}&end=${end}`);
export const getVersions = async (id) => (await ofReport(`v1/documents/${id}/versions`)).versions;
export const getChanges = (id, from, to) => ofReport(`v1/documents/${id}/changes?from=${from}&to=${to}`);

/** Finds words in a report in any case, with or without accents: {matches, total}; `signal` aborts. */
export const getMatches = (id, version, query, signal) =>
  ofReport(`v1/documents/${id}/matches?version=${version}&query=${encodeURIComponent(query)}`, { signal });

export const removeReport = (id) => ask(`v1/documents/${id}`, { method: "DELETE" });
export const restoreReport = (id) => ask(`v1/documents/${id}/restore`, { method: "POST" });
export const editReport = (id, changes) => send(`v1/documents/${id}`, "PATCH", changes);
export const getCitations = async (id) => (await get(`v1/documents/${id}/citations`)).answers;

/** Fetches the user's jobs, the newest first, and whether any job of the library runs: {jobs, busy}. */
export const getJobs = (limit) => get(`v1/jobs?limit=${limit}`);
export const getJob = (id) => get(`v1/jobs/${id}`);
export const cancelJob = (id) => ask(`v1/jobs/${id}`, { method: "DELETE" });
/** Fetches the files that the server could not read: {failure_id, path, cause, since}. */
export const getFailures = async () => (await get("v1/failures")).failures;
export const dismissFailure = (id) => ask(`v1/failures/${id}`, { method: "DELETE" });
export const startSync = () => ask("v1/index/sync", { method: "POST" });

/** Fetches which languages the search reads, and what a change costs; `asked` is the id of an answer or null. */
export const getEncoder = (asked) =>
  get(`v1/index/encoder${asked ? `?answer_id=${asked}` : ""}`, { cache: "no-store" });
export const changeEncoder = async () =>
  (await (await ask("v1/index/encoder", { method: "POST" })).json()).job_id;

/** Fetches the conversations that contain every word of `query`, the most recent first. */
export const getConversations = async (query, limit, signal) => {
  const asked = new URLSearchParams({ query, limit });
  return (await (await ask(`v1/conversations?${asked}`, { signal })).json()).conversations;
};
export const nameConversation = (id, name) => send(`v1/conversations/${id}`, "PATCH", { name });
export const shareConversation = (id, shared) => send(`v1/conversations/${id}`, "PATCH", { shared });
/** Deletes a conversation; `keepalive` lets the request finish when the user leaves the page. */
export const removeConversation = (id) =>
  ask(`v1/conversations/${id}`, { method: "DELETE", keepalive: true });
/** Returns the URL of a conversation as a file; `suffix` is "md", "html" or "docx". */
export const conversationFile = (id, suffix) => address(`v1/conversations/${id}.${suffix}`).href;

/** Fetches an answer for the clipboard: {text, html}. */
export const getCopied = (id) => get(`v1/answers/${id}/text`);

let identity = null;

/** Fetches, once, who is signed in: {kind, name, form_token, …}. */
export const getIdentity = () => (identity ??= get("v1/identity"));

export async function signOut(token) {
  leaving = true;
  const body = new URLSearchParams({ token });
  location.assign((await ask("sign-out", { method: "POST", body })).url);
}

export const isAlive = () =>
  ask("healthz").then(
    () => true,
    () => false,
  );

/** Fetches the questions to begin with: {starters: [{question, document_id, title}], complete}. */
export const getStarters = () => get("v1/suggestions");

/** Fetches the suggested questions after an answer. */
export const getSuggestions = async (id) => (await get(`v1/answers/${id}/suggestions`)).questions;
export const getModel = () => get("v1/model", { cache: "no-store" });
/** Lets {provider, model, address, key} write the answers; a `key` of null keeps the stored one. */
export const chooseModel = (model) => send("v1/model", "PUT", model);
export const testModel = (model) => send("v1/model/test", "POST", model);
/** Fetches the models at {provider, address, key}: {name, context_tokens, small}; without an address, the files. */
export const listModels = async (place) => (await send("v1/model/list", "POST", place)).models;
/** Fetches the servers of models that run on the server's machine: {name, provider, address, models}. */
export const getModelServers = async () => (await get("v1/model/servers", { cache: "no-store" })).servers;
export const clearModel = async () => (await ask("v1/model", { method: "DELETE" })).json();

/**
 * Fetches {users, provider}: the users, {name, role, created, disabled, signed_in, provider}, and the address
 * of the provider with which people sign in.
 */
export const getUsersAndProvider = () => get("v1/users");
export const getUsers = async () => (await getUsersAndProvider()).users;
export const addUser = (user) => send("v1/users", "POST", user);
export const changeUser = (name, changes) => send(`v1/users/${encodeURIComponent(name)}`, "PATCH", changes);
export const removeUser = (name) => ask(`v1/users/${encodeURIComponent(name)}`, { method: "DELETE" });

/** Fetches the tokens: {name, user, scopes, created, expires, revoked, used}. */
export const getTokens = async () => (await get("v1/tokens")).tokens;
/** Adds {name, scopes, user, days}; only this response has the secret, as `token`. */
export const addToken = (token) => send("v1/tokens", "POST", token);
export const revokeToken = (name) => ask(`v1/tokens/${encodeURIComponent(name)}`, { method: "DELETE" });

/** Fetches the collections: {collection, documents, limited_to}. */
export const getCollections = async () => (await get("v1/collections")).collections;
const limitOf = (name) => `v1/collections/${name.split("/").map(encodeURIComponent).join("/")}/limit`;
/** Limits a collection to users; null for `to` opens it to everyone. */
export const limitCollection = (name, to) =>
  to ? send(limitOf(name), "PUT", { to }) : ask(limitOf(name), { method: "DELETE" });

/** Fetches {documents, passages, bytes, last_backup}. */
export const getStorage = () => get("v1/storage");
/** Fetches the newest records of the audit log: {number, at, who, action, target, outcome}. */
export const getActivity = async (limit) => (await get(`v1/audit?limit=${limit}`)).records;

/** Sends a reader's judgement of an answer: {question, verdict, answer_id, note?}. */
export const giveFeedback = (judged) =>
  ask("v1/feedback", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify(judged),
  });

/** Returns the URL of a page's picture, `width` pixels wide, with `quote` and its cell highlighted. */
export function pictureAddress(report, page, quote, width) {
  const words = quote ? `&start=${quote.start}&end=${quote.end}` : "";
  const cell = quote?.cell ? `&cell_start=${quote.cell.start}&cell_end=${quote.cell.end}` : "";
  const version = `version=${report.version}&width=${width}`;
  return address(`v1/documents/${report.document_id}/pages/${page}.png?${version}${words}${cell}`);
}

/** Returns the reason, in words, why the server has no picture at `url`. */
export async function whyNoPicture(url) {
  try {
    await ask(url);
  } catch (error) {
    return words(error);
  }
  return t("server.picture");
}

/**
 * Uploads a file with the details in `fields`, and resolves to the id of the job that adds it. An error of
 * the server has `retryAfter`: the seconds until a new attempt may succeed, or 0 if none will. `onProgress`
 * receives the share that is uploaded, 0 to 1, which `fetch` does not report. `signal` aborts.
 */
export function sendFile(file, name, fields, { onProgress, signal }) {
  const form = new FormData();
  form.append("file", file, name);
  for (const [field, value] of Object.entries({ ...fields, background: "true" }))
    if (value) form.append(field, value);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new TypeError("no answer")));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    request.addEventListener("load", () => {
      if (request.status === 202) return resolve(request.response.job_id);
      if (request.status === 401) toSignIn();
      const retryAfter = Number(request.getResponseHeader("Retry-After"));
      return reject(Object.assign(refusal(request.status, request.response), { retryAfter }));
    });
    signal.addEventListener("abort", () => request.abort());
    request.responseType = "json";
    request.open("POST", address("v1/documents"));
    request.setRequestHeader("Accept", "application/json");
    request.send(form);
  });
}

/** Puts an error of these functions into words for the reader; a TypeError means no response. */
export const words = (error) => (error instanceof TypeError ? t("server.silent") : error.message);
