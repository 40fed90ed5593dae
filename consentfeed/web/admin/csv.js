// Tables as CSV (RFC 4180), which spreadsheets open: what they would run as a formula is defused.

import { saveFile } from '../shared/save-file.js';

/** @param {(string | number)[][]} rows the first are the names of the columns */
export const csv = (rows) => `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;

/** @param {string | number} value */
function cell(value) {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Has the browser save it. @param {string} name of the file @param {string} text */
export const save = (name, text) => saveFile(name, text, 'text/csv');
