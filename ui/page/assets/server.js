/** What the page asks of the server. */

import { t } from "./i18n.js";

/** A refusal of the server; the message says in words what was wrong and what to do. */
class Refusal extends Error {}

const address = (path) => new URL(path, document.baseURI);

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

/** What is asked of one report; its number says nothing to a reader where it is gone. */
async function ofReport(path, options) {
  try {
    return await get(path, options);
  } catch (error) {
    throw error.status === 404 ? new Refusal(t("server.gone")) : error;
  }
}

/** The reports as a list shows them: {reports, tag}; null where they are as they were when the server gave `tag`. */
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

/**
 * Where words stand in a report, whatever their case and accents: {matches, total}; `signal` ends the search.
 */
export const getMatches = (id, version, query, signal) =>
  ofReport(`v1/documents/${id}/matches?version=${version}&query=${encodeURIComponent(query)}`, { signal });

export const removeReport = (id) => ask(`v1/documents/${id}`, { method: "DELETE" });
export const restoreReport = (id) => ask(`v1/documents/${id}/restore`, { method: "POST" });
export const editReport = (id, changes) => send(`v1/documents/${id}`, "PATCH", changes);
export const getCitations = async (id) => (await get(`v1/documents/${id}/citations`)).answers;

export const getJobs = async (limit) => (await get(`v1/jobs?limit=${limit}`)).jobs;
export const getJob = (id) => get(`v1/jobs/${id}`);
export const cancelJob = (id) => ask(`v1/jobs/${id}`, { method: "DELETE" });
/** The files that could not be read, by path: {failure_id, path, cause, since}. */
export const getFailures = async () => (await get("v1/failures")).failures;
export const dismissFailure = (id) => ask(`v1/failures/${id}`, { method: "DELETE" });
export const startSync = () => ask("v1/index/sync", { method: "POST" });

/** The conversations, the last one first, in which each of the words of `query` stands. */
export const getConversations = async (query, limit, signal) => {
  const asked = new URLSearchParams({ query, limit });
  return (await (await ask(`v1/conversations?${asked}`, { signal })).json()).conversations;
};
export const nameConversation = (id, name) => send(`v1/conversations/${id}`, "PATCH", { name });
/** Deletes a conversation, also while the page is being left. */
export const removeConversation = (id) =>
  ask(`v1/conversations/${id}`, { method: "DELETE", keepalive: true });
/** Where a conversation is as a file: "md", "html" or "docx". */
export const conversationFile = (id, suffix) => address(`v1/conversations/${id}.${suffix}`).href;

/** An answer to copy: {text, html}. */
export const getCopied = (id) => get(`v1/answers/${id}/text`);

/** Questions to ask after an answer. */
export const getSuggestions = async (id) => (await get(`v1/answers/${id}/suggestions`)).questions;

/** Keeps what a person says of an answer: {question, verdict, answer_id, note?}. */
export const giveFeedback = (judged) =>
  ask("v1/feedback", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify(judged),
  });

/** Where the picture of a page is, `width` pixels wide, with the words of `quote` marked. */
export function pictureAddress(report, page, quote, width) {
  const words = quote ? `&start=${quote.start}&end=${quote.end}` : "";
  const version = `version=${report.version}&width=${width}`;
  return address(`v1/documents/${report.document_id}/pages/${page}.png?${version}${words}`);
}

/** Why there is no picture at `url`, in words. */
export async function whyNoPicture(url) {
  try {
    await ask(url);
  } catch (error) {
    return words(error);
  }
  return t("server.picture");
}

/**
 * Sends a file to the library, with what is said of it in `fields`; gives the id of the job that adds it.
 * A refusal has the seconds after which the file can be sent again as `retryAfter`; 0 where that is no use.
 *
 * `onProgress` hears the share that was sent, 0 to 1: `fetch` does not tell it. It stops when `signal` says so.
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

/** An error of any of these in words for a reader. */
export const words = (error) => (error instanceof TypeError ? t("server.silent") : error.message);
