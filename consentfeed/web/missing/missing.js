// The page in place of one that is not there: in the reader's language, where the script runs.

import { showOperator } from '../shared/operator.js';
import { loadTexts, translate } from '../shared/text.js';

await loadTexts();
translate(document);
showOperator();
