// A JSON schema in words: what a value is, and the members of an object.

/** @typedef {Record<string, any>} Schema */

/** What $ref points to. @param {Schema} schema @param {Schema} document @returns {Schema} */
export function resolve(schema, document) {
  if (!schema.$ref) return schema;
  const parts = String(schema.$ref).slice(2).split('/');
  const found = parts.reduce((part, name) => part[name.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  return { ...resolve(found, document), name: parts.at(-1) };
}

/** "string, 1 to 200 characters", "array of Decision". @param {Schema} schema @param {Schema} document @returns {string} */
export function typeText(schema, document) {
  const known = resolve(schema, document);
  if (known.enum) return known.enum.map(String).join(' | ');
  if (known.const !== undefined) return String(known.const);
  const choices = known.anyOf ?? known.oneOf;
  if (choices) return choices.map((/** @type {Schema} */ one) => typeText(one, document)).join(' | ');
  if (known.type === 'array') return `array of ${typeText(known.items ?? {}, document)}${bounds(known.minItems, known.maxItems, 'entries')}`;
  if (known.type === 'object' || known.properties) return known.name ?? 'object';
  const form = known.format ? ` (${known.format})` : '';
  return `${known.type ?? 'anything'}${form}${bounds(known.minLength ?? known.minimum, known.maxLength ?? known.maximum, known.type === 'string' ? 'characters' : '')}`;
}

/** @param {number | undefined} least @param {number | undefined} most @param {string} unit */
function bounds(least, most, unit) {
  if (least === undefined && most === undefined) return '';
  const range = most === undefined ? `at least ${least}` : least === undefined ? `at most ${most}` : `${least} to ${most}`;
  return `, ${range}${unit && ` ${unit}`}`;
}

/** Name, type and words of each member, of a list those of its entries. @param {Schema} schema @param {Schema} document @returns {string[][]} */
export function memberRows(schema, document) {
  const known = resolve(schema, document);
  if (known.type === 'array') return memberRows(known.items ?? {}, document);
  return Object.entries(known.properties ?? {}).map(([name, member]) => {
    const words = [known.required?.includes(name) ? '' : 'optional', resolve(member, document).description ?? ''];
    return [name, typeText(member, document), words.filter(Boolean).join('; ')];
  });
}
