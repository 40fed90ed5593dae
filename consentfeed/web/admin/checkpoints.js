// Checkpoints: signed statements of how the log was, the newest first.

import { get, parameters } from '../shared/api.js';
import { byId, fill, nameButton, on, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { saveFile } from '../shared/save-file.js';
import { t } from '../shared/text.js';
import { count, timeNode } from '../shared/time.js';

/** note: as it is signed; null where no key is set. @typedef {{note: string | null, size: number, root: string, made_at: string}} Checkpoint */

const REFRESH_MS = 10_000;
const PAGE = 50;
const ROOT = 12;

/** @returns {import('./admin.js').Section} */
export function checkpointsSection() {
  /** @type {List<Checkpoint>} */
  const list = new List(byId('checkpoints'), {
    read: async (cursor) => {
      const { data } = await get(`/checkpoints?${parameters({ limit: PAGE, cursor })}`);
      if (data.checkpoints.some((/** @type {Checkpoint} */ { note }) => note)) await readKey();
      return { items: data.checkpoints, next: data.next };
    },
    key: ({ size }) => String(size),
    row: 'checkpoint-row',
    draw: drawCheckpoint,
    empty: () => t('checkpoints.empty'),
  });
  on(list.body, 'click', (event) => {
    const checkpoint = list.find(event.target.closest('[data-key]')?.dataset.key);
    if (checkpoint?.note && event.target.closest('[data-slot=download]')) saveFile(`checkpoint-${checkpoint.size}.txt`, checkpoint.note, 'text/plain');
  });
  let timer = 0;
  const refresh = () => void (document.hidden || list.refresh());
  return {
    open() {
      refresh();
      clearInterval(timer);
      timer = window.setInterval(refresh, REFRESH_MS);
    },
    close: () => clearInterval(timer),
    refresh,
  };
}

async function readKey() {
  const { data } = await get('/checkpoint/key');
  byId('checkpoints-key').textContent = data.trim();
  byId('checkpoints-key-part').hidden = false;
}

/** @param {HTMLElement} row @param {Checkpoint} checkpoint */
function drawCheckpoint(row, { size, root, note, made_at: madeAt }) {
  slot(row, 'root').title = root;
  fill(row, { size: count(size), root: `${root.slice(0, ROOT)}…`, origin: note?.split('\n')[0] ?? '', made: timeNode(madeAt) });
  nameButton(slot(row, 'download'), t('checkpoints.download'), count(size));
  slot(row, 'download').hidden = !note;
}
