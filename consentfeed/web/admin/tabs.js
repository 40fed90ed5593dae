// The tabs of the ARIA Authoring Practices; the current one stands in the location's hash, as in #users or #purposes/marketing.

import { byId, on } from '../shared/dom.js';

/** Shows the tab that the hash names, and follows it.
 * @param {HTMLElement} list @param {(name: string, rest: string) => void} show called at each change */
export function openTabs(list, show) {
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role=tab]')]);
  const visible = () => all.filter((tab) => !tab.hidden);
  const draw = () => {
    const { name, rest } = parseHash();
    const current = visible().find((tab) => nameOf(tab) === name) ?? all[0];
    for (const tab of all) mark(tab, tab === current);
    show(nameOf(current), nameOf(current) === name ? rest : '');
  };
  on(list, 'click', (event) => {
    const tab = event.target.closest('[role=tab]');
    if (tab) location.hash = nameOf(tab);
  });
  on(list, 'keydown', (event) => {
    const next = neighbour(visible(), event.target, event.key);
    if (!next) return;
    event.preventDefault();
    // Walking along the tabs is not a history to go back through.
    history.replaceState(null, '', `#${nameOf(next)}`);
    draw();
    next.focus();
  });
  on(window, 'hashchange', draw);
  draw();
}

/** What the hash says: the tab's name, and what is meant within it. */
function parseHash() {
  const [name, ...rest] = location.hash.slice(1).split('/');
  return { name, rest: rest.join('/') };
}

/** @param {HTMLElement} tab */
const nameOf = (tab) => tab.id.replace('tab-', '');

/** @param {HTMLElement} tab @param {boolean} isCurrent */
function mark(tab, isCurrent) {
  tab.setAttribute('aria-selected', String(isCurrent));
  tab.tabIndex = isCurrent ? 0 : -1;
  byId(tab.getAttribute('aria-controls') ?? '').hidden = !isCurrent;
}

/** @param {HTMLElement[]} tabs @param {HTMLElement} tab @param {string} key */
function neighbour(tabs, tab, key) {
  const at = tabs.indexOf(tab);
  const step = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[key];
  return step === undefined || at < 0 ? undefined : tabs.at(step % tabs.length);
}
