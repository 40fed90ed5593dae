// A customer's consents as the page holds them: by purpose, in the purposes' order; only newer versions come in.

/** @typedef {{key: string, version: number, language: string}} BoundNotice */
/** @typedef {{id: string, purpose: string, channel: string, status: string, version: number, notice: BoundNotice | null,
 *   granted_at: string | null, revoked_at: string | null, expires_at: string | null, updated_at: string}} Consent */
/** @typedef {import('../shared/purposes.js').Purpose} Purpose */
/** @typedef {{type: string, consent: Consent, timestamp: string, actor: {kind: string, id: string},
 *   reason: {code: string | null, reference: string | null} | null}} Change */

export class Consents {
  /** @type {Map<string, Consent>} */
  #consents = new Map();
  /** @type {Map<string, Purpose>} */
  #purposes = new Map();

  /** @param {Purpose[]} purposes */
  setPurposes(purposes) {
    this.#purposes = new Map(purposes.map((purpose) => [purpose.key, purpose]));
  }

  /** Takes what is offered by now. A text that could be read here stays the one that is agreed to, under its title, until another
   * is shown. @param {Purpose[]} purposes */
  updatePurposes(purposes) {
    this.setPurposes(purposes.map((purpose) => {
      const { notice_version = null, languages = null, texts = {} } = this.#purposes.get(purpose.key) ?? {};
      // A language that was added to the same version is there at once.
      const isSame = notice_version === null || notice_version === purpose.notice_version;
      return isSame ? purpose : { ...purpose, notice_version, languages, texts };
    }));
  }

  /** Holds these instead, but of each the newer version; the ids of those that changed. @param {Consent[]} list */
  replace(list) {
    const before = this.#consents;
    this.#consents = new Map(list.map((consent) => [consent.id, newer(consent, before.get(consent.id))]));
    return list.map(({ id }) => id).filter((id) => before.has(id) && before.get(id)?.version !== this.#consents.get(id)?.version);
  }

  /** Takes a consent in; whether it is newer than the one that is here. @param {Consent} consent */
  apply(consent) {
    const current = this.#consents.get(consent.id);
    if (current && current.version >= consent.version) return false;
    this.#consents.set(consent.id, consent);
    return true;
  }

  /** @param {string} id */
  get(id) {
    return this.#consents.get(id);
  }

  /** Those that are on. */
  granted() {
    return [...this.#consents.values()].filter(({ status }) => status === 'granted');
  }

  get size() {
    return this.#consents.size;
  }

  /** What is known of a purpose; of one that is not listed, its key. @param {string} key @returns {Purpose} */
  purpose(key) {
    return this.#purposes.get(key) ?? { key, title: key, description: '', channels: [], offered: true, notice_version: null, languages: null, texts: {} };
  }

  /** The consents of a purpose, in the order of its channels. @param {string} key */
  of(key) {
    const { channels } = this.purpose(key);
    const rank = (/** @type {Consent} */ { channel }) => (channels.indexOf(channel) + channels.length + 1) % (channels.length + 1);
    return [...this.#consents.values()].filter(({ purpose }) => purpose === key).sort((a, b) => rank(a) - rank(b));
  }

  /** The purposes that there is something to decide or to see of, in their order. Without a text nobody is asked. */
  keys() {
    const present = new Set([...this.#consents.values()].map(({ purpose }) => purpose));
    const isShown = (/** @type {string} */ key) => this.purpose(key).notice_version !== null || this.of(key).some(({ version }) => version > 0);
    return [...new Set([...this.#purposes.keys(), ...present])].filter((key) => present.has(key) && isShown(key));
  }
}

/** @param {Consent} consent @param {Consent | undefined} other */
const newer = (consent, other) => (other && other.version > consent.version ? other : consent);

/** The text that is shown to whoever is asked now: null where none is published. @param {Purpose} purpose
 * @param {string} language of the page @returns {BoundNotice | null} */
export function noticeInForce({ key, notice_version, languages }, language) {
  if (!notice_version || !languages?.length) return null;
  const code = [language, 'en'].find((code) => languages.includes(code)) ?? languages[0];
  return { key, version: notice_version, language: code };
}

/** The texts that were agreed to and still count, each with the channels it was agreed to for. @param {Consent[]} consents */
export function noticesAgreedTo(consents) {
  /** @type {Map<string, {notice: BoundNotice, channels: string[], since: string}>} */
  const groups = new Map();
  for (const { status, notice, channel, granted_at } of consents) {
    if (status !== 'granted' || !notice) continue;
    const name = `${notice.version} ${notice.language}`;
    const group = groups.get(name) ?? { notice, channels: [], since: granted_at ?? '' };
    group.channels.push(channel);
    if (granted_at && granted_at < group.since) group.since = granted_at;
    groups.set(name, group);
  }
  return [...groups.values()].sort((a, b) => b.notice.version - a.notice.version);
}
