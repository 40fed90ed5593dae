// The end of a page's beginning.

/** The page hears: what was typed and clicked before is done now, by early.js. */
export const pageReady = () => document.dispatchEvent(new Event('page-ready'));
