/** What the page asks of the server. */

import { t } from "./i18n.js";

/** A refusal of the server; the message says in words what was wrong and what to do. */
export class Refusal extends Error {}

const address = (path) => new URL(path, document.baseURI);

function refusal(status, problem) {
  return Object.assign(new Refusal(problem?.detail ?? t("server.status", { status: String(status) })), {
    status,
  });
}

async function ask(path, options) {
  const response = await fetch(address(path), { headers: { Accept: "application/json" }, ...options });
  if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
  return response;
}

const get = async (path, options) => (await ask(path, options)).json();

/** What is asked of one report; its number says nothing to a reader where it is gone. */
async function ofReport(path, options) {
  try {
    return await get(path, options);
  } catch (error) {
    throw error.status === 404 ? new Refusal(t("server.gone")) : error;
  }
}

export const getReports = async () => (await get("v1/documents")).documents;
export const getReport = (id, version) =>
  ofReport(`v1/documents/${id}${version ? `?version=${version}` : ""}`);
export const getText = (id, version, start, end) =>
  ofReport(`v1/documents/${id}/text?version=${version}&start=${Math.max(start, 0)}&end=${end}`);
export const getVersions = async (id) => (await ofReport(`v1/documents/${id}/versions`)).versions;
export const getChanges = (id, from, to) => ofReport(`v1/documents/${id}/changes?from=${from}&to=${to}`);
export const getCitations = async (id) => (await ofReport(`v1/documents/${id}/citations`)).answers;

/**
 * Where words stand in a report, whatever their case and accents: {matches, total}; `signal` ends the search.
 */
export const getMatches = (id, version, query, signal) =>
  ofReport(`v1/documents/${id}/matches?version=${version}&query=${encodeURIComponent(query)}`, { signal });

export const removeReport = (id) => ask(`v1/documents/${id}`, { method: "DELETE" });

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
 * Sends a file to the library; gives the new report.
 *
 * `onProgress` hears the share that was sent, 0 to 1: `fetch` does not tell it.
 */
export function sendFile(file, password, onProgress) {
  const form = new FormData();
  form.append("file", file, file.name);
  if (password) form.append("password", password);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new TypeError("no answer")));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response);
      else reject(refusal(request.status, request.response));
    });
    request.responseType = "json";
    request.open("POST", address("v1/documents"));
    request.setRequestHeader("Accept", "application/json");
    request.send(form);
  });
}

/** An error of any of these in words for a reader. */
export const words = (error) => (error instanceof TypeError ? t("server.silent") : error.message);
