// Run from the root: tests/web/node_modules/.bin/eslint -c tests/web/eslint.config.js consentfeed/web tests/web
import js from '@eslint/js';
import globals from 'globals';

const HTML = 'Text goes in as text: textContent or a <template>.';

const PAGE = ['feed', 'shared', 'texts'];
// The rooms of the pages, and which others each may import. A new file needs no entry here, a new room does.
const ROOMS = {
  feed: [],
  texts: [],
  shared: ['feed', 'texts'],
  account: PAGE,
  admin: PAGE,
  csr: PAGE,
  customer: PAGE,
  evidence: PAGE,
  missing: PAGE,
  password: PAGE,
  reference: PAGE,
  signin: PAGE,
};

/** What a file of a room may import. Not by no-restricted-imports: that rule passes over import().
 * @param {string} room */
function contract(room) {
  const folders = ['.', ...ROOMS[room].map((other) => `../${other}`)];
  const beginning = `^(?:${folders.join('|')})/`.replaceAll('.', '\\.').replaceAll('/', '\\x2F');
  const selector = `.source:not([value=/${beginning}[\\w-]+\\.js$/]):not([quasis.0.value.raw=/${beginning}$/])`;
  const message = `Files of ${room}/ import from ${[room, ...ROOMS[room]].join(', ')} alone, as in ${folders.at(-1)}/name.js.`;
  const types = Object.keys(ROOMS).filter((other) => other !== room && !ROOMS[room].includes(other));
  return {
    files: [`consentfeed/web/${room}/*.js`],
    rules: {
      'no-restricted-syntax': ['error', { selector, message }],
      // Types are imported in comments, which a selector cannot see.
      'no-warning-comments': ['error', { location: 'anywhere', terms: types.map((other) => `../${other}/`) }],
    },
  };
}

const NO_ROOM = { selector: 'Program', message: 'No room of the pages: ROOMS in tests/web/eslint.config.js lists them.' };

export default [
  { ignores: ['**/node_modules/**'] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: 'module', globals: { ...globals.browser, ...globals.worker } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: HTML },
        { property: 'outerHTML', message: HTML },
        { property: 'insertAdjacentHTML', message: HTML },
        { object: 'document', property: 'write', message: HTML },
      ],
    },
  },
  { files: ['tests/web/**'], languageOptions: { globals: globals.node } },
  { files: ['consentfeed/web/**/*.js'], rules: { 'no-restricted-syntax': ['error', NO_ROOM] } },
  ...Object.keys(ROOMS).map(contract),
];
