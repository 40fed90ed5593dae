// What somebody types or clicks before the page is ready to hear it is kept, and done once it is. First in each page, and no module:
// those run when all of the page can be seen already, and clicked.

{
  const controller = new AbortController();
  const first = { capture: true, signal: controller.signal };
  /** @type {Set<Element>} */
  const fields = new Set();
  /** By what was pressed: how to press it again. @type {Map<Element, () => void>} */
  const presses = new Map();
  /** The buttons of the page as it came, once all of it is here: those that a script adds hear by themselves. @type {Set<Element> | null} */
  let own = null;

  /** @param {Event} event @param {Element} pressed @param {() => void} again */
  const hold = (event, pressed, again) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    presses.delete(pressed); // twice is once, and the order that of the last
    presses.set(pressed, again);
  };

  /** What a browser has put back into it counts as typed. @param {any} field */
  const isChanged = (field) => (['checkbox', 'radio'].includes(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);

  addEventListener('input', ({ target }) => fields.add(/** @type {Element} */ (target)), first);
  addEventListener(
    'click',
    (event) => {
      const button = /** @type {Element} */ (event.target).closest('button');
      if (button && (!own || own.has(button))) hold(event, button, () => !button.disabled && button.checkVisibility() && button.click());
    },
    first,
  );
  addEventListener(
    'keydown',
    (event) => {
      const field = event.target;
      // In a form it presses a button.
      if (event.key !== 'Enter' || event.isComposing || !(field instanceof HTMLInputElement) || field.form) return;
      hold(event, field, () => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })));
    },
    first,
  );
  // All of the page is here, and no module has run.
  document.addEventListener(
    'readystatechange',
    () => {
      own = new Set(document.querySelectorAll('button'));
      for (const field of document.querySelectorAll('input, textarea')) if (isChanged(field)) fields.add(field);
    },
    { once: true },
  );
  document.addEventListener(
    'page-ready',
    () => {
      controller.abort();
      const typed = [...fields].filter((field) => field.isConnected);
      for (const field of typed) for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }));
      for (const again of presses.values()) again();
    },
    { once: true },
  );
  // The back button may bring a page back whole: what it shows is from before, and may be somebody else's by now.
  addEventListener('pageshow', (event) => event.persisted && location.reload());
}
