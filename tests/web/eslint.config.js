// Run from the root: tests/web/node_modules/.bin/eslint -c tests/web/eslint.config.js consentfeed/web tests/web
import js from '@eslint/js';
import globals from 'globals';

const HTML = 'Text goes in as text: textContent or a <template>.';

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
];
