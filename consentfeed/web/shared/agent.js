// What a browser calls itself, in words. It may call itself anything: people tell their devices apart by it, and no more is made of it.

import { t } from './text.js';

// The first that fits: most browsers name others' names after their own.
const BROWSERS = /** @type {const} */ ([
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\b(OPR|OPT|Opera)\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['UC Browser', /\bUCBrowser\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bVersion\/\S+ (Mobile\/\S+ )?Safari\//],
]);
const SYSTEMS = /** @type {const} */ ([
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows NT\b/],
  ['macOS', /\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
]);

/** "Firefox on Windows"; where no browser is recognised, the text itself. @param {string | null} agent */
export function deviceText(agent) {
  if (!agent) return t('device.unknown');
  const { browser, system } = readAgent(agent);
  return browser && system ? t('device.on', { browser, system }) : agent;
}

/** Both, or null for what is not said. @param {string} agent */
export function readAgent(agent) {
  if (!agent.startsWith('Mozilla/5.0 (')) return { browser: null, system: null };
  return { browser: nameOf(BROWSERS, agent), system: nameOf(SYSTEMS, /\(([^)]*)\)/.exec(agent)?.[1] ?? '') };
}

/** @param {readonly (readonly [string, RegExp])[]} patterns @param {string} text */
const nameOf = (patterns, text) => patterns.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
