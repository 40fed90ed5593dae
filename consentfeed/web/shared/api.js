// Requests to the API of this site, and problems (RFC 9457) as errors.

/** @typedef {{data: any, status: number, position: string | null, etag: string | null}} Answer */

/** What a request that failed says: code is the last part of the problem's type, "offline" where no answer came. */
export class ApiError extends Error {
  /** @param {number} status @param {any} problem @param {number | null} retryAfter seconds */
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.code = String(problem.type ?? 'unknown').split('/').pop() ?? 'unknown';
    this.title = String(problem.title ?? '');
    this.detail = String(problem.detail ?? '');
    this.retryAfter = retryAfter;
  }
}

/** @type {() => void} */
let onSignedOut = () => {};

/** @type {Record<string, string>} */
let user = {};

/** From now on requests are this person's alone: where another has signed in since, in another tab, they are refused.
 * @param {string} id */
export function setUser(id) {
  user = userHeader(id);
}

/** The header that says whose a request is. @param {string} id */
export const userHeader = (id) => ({ 'Consentfeed-User': id });

/** Sets what happens when the session has ended. @param {() => void} handler */
export function whenSignedOut(handler) {
  onSignedOut = handler;
}

/** @param {string} path after /api/v1 */
export const get = (path) => request('GET', path);
/** @param {string} path @param {unknown} [body] @param {{key?: string}} [options] key: an Idempotency-Key */
export const post = (path, body, options) => request('POST', path, body, options);
/** @param {string} path @param {unknown} body */
export const put = (path, body) => request('PUT', path, body);

/** Parameters of a query, but for those without a value: an empty one is refused.
 * @param {Record<string, string | number | null>} values */
export const parameters = (values) =>
  new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, String(value)]])));

/** A key under which a request may be sent again without being done twice. */
export const newKey = () => {
  // Not randomUUID(): there is none where the site is not served over https.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** @param {string} method @param {string} path @param {unknown} [body] @param {{key?: string}} [options] @returns {Promise<Answer>} */
async function request(method, path, body, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', ...user };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.key) headers['Idempotency-Key'] = options.key;
  const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  let response;
  try {
    response = await fetch(`/api/v1${path}`, { ...init, cache: 'no-store', credentials: 'same-origin' });
  } catch {
    throw new ApiError(0, { type: '/problems/offline' }, null);
  }
  const data = await readJson(response);
  if (response.ok) return { data, status: response.status, position: response.headers.get('consentfeed-position'), etag: response.headers.get('etag') };
  if (response.status === 401 && path !== '/auth/login') {
    onSignedOut();
    return new Promise(() => {}); // the page is on its way out: nothing more is to be said on it
  }
  const wait = Number(response.headers.get('retry-after'));
  throw new ApiError(response.status, data ?? {}, wait || null);
}

/** @param {Response} response */
async function readJson(response) {
  try {
    return response.status === 204 ? null : await response.json();
  } catch {
    return null; // a proxy's own page, or cut off
  }
}
