// The feed module of the pages, told what to follow on its command line; prints a line of JSON for each event, and for a reset.

import { connectFeed } from '../../consentfeed/web/feed/feed.js';

const [url, token, position] = process.argv.slice(2);
const feed = connectFeed({ url, headers: { Authorization: `Bearer ${token}` }, pollSeconds: 1 });
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
feed.subscribe(position, {
  event: print,
  reset: (reason) => print({ event: 'reset', data: { reason } }),
});
