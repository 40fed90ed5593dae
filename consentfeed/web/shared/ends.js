// Consents that end: from when on they can be renewed.

import { now } from './clock.js';

/** So long before its end a consent can be renewed: earlier nobody thinks of it. */
const SOON_MS = 90 * 86_400_000;

/** @param {{status: string, expires_at: string | null}} consent @param {number} [at] */
export const endsSoon = ({ status, expires_at }, at = now()) => status === 'granted' && expires_at !== null && Date.parse(expires_at) - at < SOON_MS;
