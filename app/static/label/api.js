/** fetch with JSON, a time limit and problem+json. The only module that knows addresses. */
import { problemWords, t } from "../language.js";

/** No answer came: offline, server down, time out. The request may or may not have been carried out. */
export class NetworkFailure extends Error {
  name = "NetworkFailure";
}

/** The server answered, and it was not yes (RFC 9457). */
export class Problem extends Error {
  name = "Problem";
  /** @param {number} status @param {object} body the problem document, as far as there is one */
  constructor(status, body, retryAfterMs = null) {
    super(wordsOf(status, body));
    this.status = status;
    this.code = typeof body?.code === "string" ? body.code : `http_${status}`;
    this.context = body ?? {};
    this.retryAfterMs = retryAfterMs;
    this.isRetryable = isRetryable(status, body);
  }
}

/** Whether the same request may be taken later: signed in again, less in a hurry, with the server up. */
export function isRetryable(status, body) {
  return body?.retryable === true || status >= 500 || [401, 408, 425, 429].includes(status);
}

const TIME_LIMIT_MS = 15_000;

/**
 * @param {typeof fetch} fetcher
 * @param {{person?: string|null, onStatus?: (status: number) => void, onVersion?: (version: string) => void}} parts
 *   for whom the page was made, so that the server takes nothing from it as somebody else's; who hears of every status;
 *   and who hears which version of the service answers
 */
export function createApi(fetcher, { person = null, onStatus = () => {}, onVersion = () => {} } = {}, prefix = "/api/v1") {
  async function request(method, path, body, { keepalive = false } = {}) {
    const init = { method, keepalive, headers: { Accept: "application/json" }, credentials: "same-origin" };
    if (method !== "GET") {
      init.headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body ?? {});
    }
    if (person !== null) init.headers["Equimark-Person"] = person;
    if (!keepalive) init.signal = AbortSignal.timeout(TIME_LIMIT_MS);
    const response = await fetcher(prefix + path, init).catch((error) => {
      throw new NetworkFailure(error.message, { cause: error });
    });
    onStatus(response.status);
    const version = response.headers.get("Equimark-Version");
    if (version !== null) onVersion(version);
    const answer = await bodyOf(response);
    if (!response.ok) throw new Problem(response.status, answer, retryAfter(response));
    return {
      status: response.status,
      body: answer,
      servedAt: Date.parse(response.headers.get("Date") ?? ""),
      isReplay: response.headers.get("Idempotent-Replay") === "true", // it had been carried out before
    };
  }

  return {
    request,
    nextAsk: (projectId, kinds, held) => request("POST", `/projects/${projectId}/asks/next`, { kinds, asks_held: held }),
    release: (leaseId, options) => request("POST", `/asks/${leaseId}/release`, {}, options),
    releaseMany: (leaseIds, options) => request("POST", "/asks/release", { lease_ids: leaseIds }, options),
    renew: (leaseIds) => request("POST", "/asks/renew", { lease_ids: leaseIds }),
    prediction: (imageId) => request("GET", `/images/${imageId}/prediction`),
    project: (projectId) => request("GET", `/projects/${projectId}`),
    revisions: (imageId) => request("GET", `/images/${imageId}/revisions`),
    notes: (imageId) => request("GET", `/images/${imageId}/notes`),
    shape: (projectId) => request("GET", `/projects/${projectId}/shape`),
    eventsUrl: (projectId) => `${prefix}/projects/${projectId}/events`,
  };
}

export const paths = {
  landmarks: (imageId) => `/images/${imageId}/landmarks`,
  attribute: (imageId, name) => `/images/${imageId}/attributes/${encodeURIComponent(name)}`,
  note: (imageId, noteId) => `/images/${imageId}/notes/${noteId}`,
  skip: (leaseId) => `/asks/${leaseId}/skip`,
};

async function bodyOf(response) {
  if (response.status === 204) return null;
  const text = await response.text().catch((error) => {
    throw new NetworkFailure(error.message, { cause: error });
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    if (response.ok) throw new NetworkFailure("The answer was cut off or is not JSON.", { cause: error });
    return null; // an error page of a proxy
  }
}

function retryAfter(response) {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}

function wordsOf(status, body) {
  if (typeof body?.detail === "string" && body.detail) return problemWords(body.code, body.detail);
  if (typeof body?.title === "string" && body.title) return body.title;
  return t("The server answered {status}.", { status });
}
