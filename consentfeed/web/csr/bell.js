// The bell: opens the activity, and counts what came while that was not to be seen.

import { byId } from '../shared/dom.js';
import { t } from '../shared/text.js';

const MOST = 99;

export class Bell {
  #node = byId('show-activity');
  #panel;
  #count = 0;

  /** @param {HTMLElement} panel of the activity */
  constructor(panel) {
    this.#panel = panel;
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#draw(0)).observe(panel);
    this.#draw(0);
  }

  /** Something has come. */
  ring() {
    if (!this.#panel.checkVisibility()) this.#draw(this.#count + 1);
  }

  /** @param {number} count */
  #draw(count) {
    this.#count = count;
    this.#node.dataset.count = count > MOST ? `${MOST}+` : count ? String(count) : '';
    this.#node.setAttribute('aria-label', count ? t('csr.activity-unseen', { count }) : t('csr.activity'));
  }
}
