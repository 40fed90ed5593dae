// When and in which language a customer wants to be contacted, in words.

import { languageName, t } from './text.js';
import { momentText } from './time.js';

/** @typedef {{from: string, to: string, zone: string}} QuietHours */
/** @typedef {{language: string, quiet_hours: QuietHours | null, paused_until: string | null, version: number}} Preferences */

/** "In Sinhala." @param {Preferences} preferences */
export const languageText = ({ language }) => t('contact.language-is', { language: languageName(language) });

/** "Not between 21:00 and 08:00 (Asia/Colombo)." @param {Preferences} preferences */
export const quietText = ({ quiet_hours: hours }) => (hours ? t('contact.quiet-is', { from: hours.from, to: hours.to, zone: hours.zone }) : t('contact.quiet-none'));

/** "Not at all until 5 December 2026, 10:00." @param {Preferences} preferences */
export const pauseText = ({ paused_until: until }) => (until ? t('contact.pause-is', { time: momentText(until) }) : t('contact.pause-none'));
