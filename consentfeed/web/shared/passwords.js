// What a new password has to be, as the server wants it, and twice the same.

import { t } from './text.js';

export const SHORTEST = 10;

/** What is wrong with a new password. @param {string} password */
export const newPasswordProblem = (password) => (password.length < SHORTEST ? t('password.too-short', { count: SHORTEST }) : '');

/** What is wrong with its repetition. @param {string} again @param {string} password */
export const againProblem = (again, password) => (again === password ? '' : t('password.differs'));
