// The descriptions of the API as a page: drawn from what the service itself says, and from nothing else.

import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { pageReady } from '../shared/ready.js';
import { memberRows, resolve, typeText } from './schema.js';

/** @typedef {import('./schema.js').Schema} Schema */

const [routes, events] = await Promise.all(['/openapi.json', '/asyncapi.json'].map(read)).catch(() => []);
if (routes && events) draw();
else byId('state').textContent = 'The descriptions could not be read. Load the page again.';
pageReady();

/** @param {string} path @returns {Promise<Schema>} */
async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(path);
  return answer.json();
}

function draw() {
  const groups = routes.tags.map(routeGroup);
  byId('groups').replaceChildren(...groups, ...Object.values(events.channels).map(channelGroup));
  byId('state').textContent = '';
  on(byId('find'), 'input', find);
}

function find() {
  const wanted = /** @type {HTMLInputElement} */ (byId('find')).value.trim().toLowerCase();
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.item'))) {
    item.hidden = !(item.querySelector('summary')?.textContent ?? '').toLowerCase().includes(wanted);
  }
  for (const group of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('#groups > section'))) {
    group.hidden = !group.querySelector('.item:not([hidden])');
  }
  byId('state').textContent = document.querySelector('.item:not([hidden])') ? '' : 'Nothing fits.';
}

/** @param {Schema} tag */
function routeGroup({ name, description }) {
  const group = fill(clone('group'), { title: name, text: description });
  for (const [path, operations] of Object.entries(routes.paths)) {
    for (const [method, operation] of Object.entries(/** @type {Schema} */ (operations))) {
      if (operation.tags.includes(name)) slot(group, 'items').append(item(method.toUpperCase(), path, operation.summary, () => routeFacts(operation)));
    }
  }
  return group;
}

/** @param {Schema} channel */
function channelGroup({ title, description, address, messages }) {
  const group = fill(clone('group'), { title, text: [address, description].filter(Boolean).join(': ') });
  for (const message of Object.values(messages).map((one) => resolve(one, events))) {
    slot(group, 'items').append(item('event', message.name, message.summary, () => messageFacts(message)));
  }
  return group;
}

/** What is inside is drawn when it is opened: there are hundreds. @param {string} method @param {string} path @param {string} summary
 * @param {() => HTMLElement[]} inside */
function item(method, path, summary, inside) {
  const node = fill(clone('item'), { method, path, summary });
  on(node, 'toggle', () => slot(node, 'inside').childElementCount || slot(node, 'inside').append(...inside()), { once: true });
  return node;
}

/** @param {Schema} operation */
function routeFacts(operation) {
  const parameters = operation.parameters.map((/** @type {Schema} */ one) => [
    one.name,
    `${one.in}, ${typeText(one.schema, routes)}`,
    [one.required ? '' : 'optional', one.description ?? ''].filter(Boolean).join('; '),
  ]);
  const body = operation.requestBody ? Object.values(operation.requestBody.content)[0].schema : null;
  const answers = Object.entries(operation.responses).map(([status, answer]) => {
    const { description, content } = resolve(answer, routes);
    return [status, content ? Object.entries(content).map(([media, { schema }]) => (status < '400' ? `${media}: ${typeText(schema, routes)}` : media)).join(', ') : '', description];
  });
  const given = Object.entries(operation.responses).find(([status]) => status < '300')?.[1].content?.['application/json']?.schema;
  return [element('p', 'muted', operation.description), ...facts('Parameters', parameters), ...facts('Body', body ? memberRows(body, routes) : []),
    ...facts('Answer', given ? memberRows(given, routes) : []), ...facts('Statuses', answers)];
}

/** @param {Schema} message */
function messageFacts({ headers, payload }) {
  return [...facts('Headers, or lines of the stream', headers ? memberRows(headers, events) : []), ...facts('Data', memberRows(payload, events))];
}

/** @param {string} title @param {string[][]} rows name, type, words */
function facts(title, rows) {
  if (!rows.length) return [];
  const part = fill(clone('facts'), { title });
  part.querySelector('.wide')?.setAttribute('aria-label', title);
  slot(part, 'rows').append(
    ...rows.map(([name, type, words]) => {
      const [row, head] = [element('tr'), element('th', 'mono', name)];
      head.setAttribute('scope', 'row');
      row.append(head, element('td', '', type), element('td', 'muted', words));
      return row;
    }),
  );
  return [part];
}
