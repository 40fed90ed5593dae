// The feed at the server: one resource, as a stream and as pages.

/** @typedef {{id: string, event: string, data: any}} Message */
/** @typedef {{events: Message[], next: string, more: boolean}} Page */
/** @typedef {{url: string, headers?: Record<string, string>, fetch?: typeof fetch}} Address */

const PAGE_SECONDS = 15;

/** An answer that is not what was asked for. */
export class Failure extends Error {
  /** @param {Response} response @param {string} [reason] of a position that is lost */
  constructor(response, reason = 'unknown') {
    super(`The feed answered ${response.status}`);
    this.reason = reason;
    this.lost = response.status === 410;
    this.signedOut = response.status === 401;
    this.retryAfter = seconds(response.headers.get('retry-after'));
  }
}

export class Source {
  #address;

  /** @param {Address} address */
  constructor(address) {
    this.#address = address;
  }

  /** An open stream after a position, null: from now on; throws Failure. @param {string | null} after @param {AbortSignal} signal */
  async stream(after, signal) {
    const headers = { accept: 'text/event-stream', ...(after ? { 'last-event-id': after } : {}) };
    const response = await this.#get(this.#address.url, headers, signal);
    const type = response.headers.get('content-type') ?? '';
    // What a proxy or a hotel's network says instead may be a 200 as well.
    if (!response.ok || !response.body || !type.startsWith('text/event-stream')) throw await failure(response);
    return response;
  }

  /** The events after a position, null: none, but the position there is now; throws Failure.
   * @param {string | null} after @param {AbortSignal} [signal] @returns {Promise<Page>} */
  async page(after, signal) {
    const url = new URL(this.#address.url);
    if (after) url.searchParams.set('after', after);
    const limit = new AbortController();
    const abort = () => limit.abort();
    const timer = setTimeout(abort, PAGE_SECONDS * 1000);
    signal?.addEventListener('abort', abort);
    try {
      const response = await this.#get(url.href, { accept: 'application/json' }, limit.signal);
      if (!response.ok) throw await failure(response);
      const page = await response.json();
      if (!Array.isArray(page.events) || typeof page.next !== 'string') throw new Failure(response);
      return page;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** @param {string} url @param {Record<string, string>} headers @param {AbortSignal} signal */
  #get(url, headers, signal) {
    const get = this.#address.fetch ?? fetch;
    return get(url, { headers: { ...this.#address.headers, ...headers }, cache: 'no-store', credentials: 'same-origin', signal });
  }
}

/** A pause before the next try, in seconds: exponential, with full jitter.
 * @param {number} failures @param {number} base @param {number} most @param {() => number} random */
export function backOff(failures, base, most, random) {
  return random() * Math.min(most, base * 2 ** failures);
}

/** @param {Response} response */
async function failure(response) {
  if (response.status === 410) return new Failure(response, await response.json().then((problem) => problem.reason, () => undefined));
  await response.body?.cancel().catch(() => {});
  return new Failure(response);
}

/** Of a Retry-After, which may be a date. @param {string | null} value */
function seconds(value) {
  if (!value) return null;
  const wait = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return wait >= 0 ? Math.min(wait, 86_400) : null;
}
