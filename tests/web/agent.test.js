// What browsers call themselves, and what people read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAgent } from '../../consentfeed/web/shared/agent.js';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const PHONE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const KNOWN = {
  'Firefox on Windows': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Firefox on Linux': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Firefox on iPhone': `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${PHONE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`,
  'Chrome on Android': `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36`,
  'Chrome on Linux': `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/140.0.0.0 Safari/537.36`,
  'Chrome on ChromeOS': `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
  'Chrome on iPad': `Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${PHONE} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1`,
  'Edge on Windows': `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
  'Edge on Android': `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0`,
  'Opera on macOS': `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0`,
  'Samsung Internet on Android': `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
  'Safari on macOS': `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${PHONE} Version/17.5 Safari/605.1.15`,
  'Safari on iPhone': `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${PHONE} Version/17.5 Mobile/15E148 Safari/604.1`,
};

for (const [name, agent] of Object.entries(KNOWN)) {
  test(name, () => {
    const { browser, system } = readAgent(agent);
    assert.equal(`${browser} on ${system}`, name);
  });
}

test('what is not known is not guessed', () => {
  assert.deepEqual(readAgent('curl/8.5.0'), { browser: null, system: null });
  assert.deepEqual(readAgent('evil (Windows NT 10.0) Firefox/140.0'), { browser: null, system: null });
  assert.deepEqual(readAgent(`Mozilla/5.0 (PlayStation 5) ${PHONE}`), { browser: null, system: null });
  assert.equal(readAgent('Mozilla/5.0 (Macintosh) Android/1 Firefox/140.0').system, 'macOS'); // what comes later is not the system
  assert.equal(readAgent('Mozilla/5.0 (').browser, null);
});
