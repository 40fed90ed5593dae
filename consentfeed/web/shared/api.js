// Requests to the API of this site, and problems (RFC 9457) as errors.

import { takeDate } from './clock.js';
import { countHanging } from './parts.js';

/** @typedef {{data: any, status: number, position: string | null, etag: string | null}} Answer */

const SLOW_MS = 5000;
const LIMIT_MS = 30_000; // longer than the server itself waits for anything

/** What a request that failed says: code is the last part of the problem's type, "offline" where there was no connection, "no-answer"
 * where none came in time. */
export class ApiError extends Error {
  /** @param {number} status @param {any} problem @param {number | null} retryAfter seconds */
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.code = String(problem.type ?? 'unknown').split('/').pop() ?? 'unknown';
    this.title = String(problem.title ?? '');
    this.detail = String(problem.detail ?? '');
    this.reason = String(problem.reason ?? '');
    /** Of each member of the body what is wrong with it. @type {{pointer: string, detail: string}[]} */
    this.errors = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

/** @type {() => Promise<void>} */
let onSignedOut = () => new Promise(() => {});

/** @type {Record<string, string>} */
let user = {};

/** From now on requests are this person's alone: where another has signed in since, in another tab, they are refused.
 * @param {string} id */
export function setUser(id) {
  user = userHeader(id);
}

/** The header that says whose a request is. @param {string} id */
export const userHeader = (id) => ({ 'Consentfeed-User': id });

/** Sets what happens when the session has ended; once the promise is kept, what was asked for is asked again.
 * @param {() => Promise<void>} handler */
export function whenSignedOut(handler) {
  onSignedOut = handler;
}

/** key: an Idempotency-Key. match: the version or tag of what was shown, which must still be that; null: there must be nothing yet. leaving: it is sent even where the page
 * is closed meanwhile. anybody: whoever is signed in, or nobody. patient: it takes as long as it takes.
 * @typedef {{key?: string, match?: number | string | null, leaving?: boolean, anybody?: boolean, patient?: boolean}} Options */

/** @param {string} path after /api/v1 @param {Options} [options] */
export const get = (path, options) => request('GET', path, undefined, options);
/** @param {string} path @param {unknown} [body] @param {Options} [options] */
export const post = (path, body, options) => request('POST', path, body, options);
/** @param {string} path @param {unknown} body @param {Options} [options] */
export const put = (path, body, options) => request('PUT', path, body, options);
/** @param {string} path */
export const remove = (path) => request('DELETE', path);

/** Parameters of a query, but for those without a value: an empty one is refused. A list is the same parameter several times.
 * @param {Record<string, string | number | string[] | null>} values */
export const parameters = (values) =>
  new URLSearchParams(
    Object.entries(values).flatMap(([name, value]) => [value].flat().flatMap((one) => (one === null || one === '' ? [] : [[name, String(one)]]))),
  );

/** A key under which a request may be sent again without being done twice. */
export const newKey = () => {
  // Not randomUUID(): there is none where the site is not served over https.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** @param {string} method @param {string} path @param {unknown} [body] @param {Options} [options] @param {boolean} [again] signed in
 * again for it @returns {Promise<Answer>} */
async function request(method, path, body, options = {}, again = false) {
  const { response, data } = await (options.patient ? send(method, path, body, options) : limited((signal) => send(method, path, body, options, signal)));
  takeDate(response.headers.get('date'));
  if (response.ok) return { data, status: response.status, position: response.headers.get('consentfeed-position'), etag: response.headers.get('etag') };
  if (response.status === 401 && !options.anybody && !again) {
    await onSignedOut();
    return request(method, path, body, options, true);
  }
  const wait = Number(response.headers.get('retry-after'));
  throw new ApiError(response.status, data ?? {}, wait || null);
}

/** Says where an answer is late, and that none came. @template T @param {(signal: AbortSignal) => Promise<T>} run @returns {Promise<T>} */
async function limited(run) {
  let late = false;
  const controller = new AbortController();
  const timers = [setTimeout(() => (countHanging(1), (late = true)), SLOW_MS), setTimeout(() => controller.abort(), LIMIT_MS)];
  try {
    return await run(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? new ApiError(0, { type: '/problems/no-answer' }, null) : error;
  } finally {
    timers.forEach(clearTimeout);
    if (late) countHanging(-1);
  }
}

/** @param {string} method @param {string} path @param {unknown} body @param {Options} options @param {AbortSignal} [signal] */
async function send(method, path, body, { key, match, leaving, anybody }, signal) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', ...(anybody ? {} : user) };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  if (match === null) headers['If-None-Match'] = '*';
  else if (match !== undefined) headers['If-Match'] = `"${match}"`;
  const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body), keepalive: leaving, signal };
  try {
    const response = await fetch(`/api/v1${path}`, { ...init, cache: 'no-store', credentials: 'same-origin' });
    const data = await readBody(response);
    signal?.throwIfAborted(); // cut off by the limit
    return { response, data };
  } catch {
    throw new ApiError(0, { type: '/problems/offline' }, null);
  }
}

/** @param {Response} response */
async function readBody(response) {
  try {
    if (response.headers.get('content-type')?.startsWith('text/plain')) return await response.text();
    return response.status === 204 ? null : await response.json();
  } catch {
    return null; // a proxy's own page, or cut off
  }
}
