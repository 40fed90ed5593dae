// Small helpers around the DOM. Text goes in as text: nothing here takes HTML.

/** The element with this id; throws where there is none. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element #${id}`);
  return node;
}

/** A copy of the first element of a template. @param {string} id @returns {HTMLElement} */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (byId(id));
  const first = template.content.firstElementChild;
  if (!first) throw new Error(`template #${id} is empty`);
  return /** @type {HTMLElement} */ (document.importNode(first, true));
}

/** The element marked data-slot="name" in root, or root itself. @param {Element} root @param {string} name @returns {HTMLElement} */
export function slot(root, name) {
  const self = root instanceof HTMLElement && root.dataset.slot === name ? root : null;
  const node = self ?? root.querySelector(`[data-slot="${name}"]`);
  if (!node) throw new Error(`no slot ${name}`);
  return /** @type {HTMLElement} */ (node);
}

/** Puts text or a node into slots; null empties. @template {Element} E @param {E} root
 * @param {Record<string, string | number | Node | null>} content @returns {E} */
export function fill(root, content) {
  for (const [name, value] of Object.entries(content)) {
    const target = slot(root, name);
    if (value instanceof Node) target.replaceChildren(value);
    else target.textContent = value === null ? '' : String(value);
  }
  return root;
}

/** addEventListener, shorter. @param {EventTarget} target @param {string} type @param {(event: any) => void} handler
 * @param {AddEventListenerOptions} [options] */
export function on(target, type, handler, options) {
  target.addEventListener(type, handler, options);
}

/** An element with a class and text. @param {string} tag @param {string} [className] @param {string | null} [text] @returns {HTMLElement} */
export function element(tag, className = '', text = null) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== null) node.textContent = text;
  return node;
}

/** A button says to whom it happens, to those who do not see the row.
 * @param {HTMLElement} button @param {string} text @param {string} whom */
export function nameButton(button, text, whom) {
  const name = element('bdi', '', whom);
  name.translate = false;
  const rest = element('span', 'visually-hidden', ': ');
  rest.append(name);
  button.replaceChildren(text, rest);
}
