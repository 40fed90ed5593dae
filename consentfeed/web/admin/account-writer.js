// Changes of an account that is shown: its name, its role, and whether it may sign in. Each asks anew where somebody else was first.

import { get, post } from '../shared/api.js';
import { t } from '../shared/text.js';
import { changesBetween, unlessChanged } from './meanwhile.js';

/** @typedef {import('./users.js').Account} Account */

/** @param {Account} account as it is shown @param {(account: Account) => void} onChange called with what it is now, whoever has changed it */
export function accountWriter(account, onChange) {
  const writer = {
    account,
    /** @param {'name' | 'role' | 'disable' | 'enable'} act @param {unknown} [body] */
    async write(act, body) {
      const { id, tag } = writer.account;
      take((await unlessChanged(() => post(`/users/${id}/${act}`, body, { match: tag }), lookAgain)).data);
    },
  };
  /** @param {Account} now */
  const take = (now) => onChange((writer.account = now));
  const lookAgain = async () => {
    const before = writer.account;
    const [now] = (await get(`/users?${new URLSearchParams({ q: before.id })}`)).data.users;
    take(now);
    return changesBetween(names(), words(before), words(now));
  };
  return writer;
}

const names = () => ({ email: t('users.email'), name: t('users.name'), role: t('users.role'), state: t('users.state') });

/** @param {Account} account */
const words = ({ email, name, role, disabled_at }) => ({ email, name: name ?? '', role: t(`role.${role}`), state: t(disabled_at ? 'users.is-disabled' : 'users.is-active') });
