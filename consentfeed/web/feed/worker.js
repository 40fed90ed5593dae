// The host in a SharedWorker: one for all tabs of a browser that connect under the same name.

import { Host } from './host.js';
import { holdLock } from './locks.js';

const host = new Host(holdLock().then(({ name }) => name));
/** @type {any} */ (self).onconnect = (/** @type {MessageEvent} */ event) => host.serve(event.ports[0]);
