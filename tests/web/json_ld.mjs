// Prints the statements (N-Quads) of a JSON-LD document from stdin. In safe mode what would be lost is an error: a term that
// nobody defines, a relative address, a language that is none. Nothing is fetched.
import { readFileSync } from 'node:fs';
import jsonld from 'jsonld';

const documentLoader = (address) => Promise.reject(new Error(`${address} would be fetched`));
const document = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(await jsonld.toRDF(document, { format: 'application/n-quads', safe: true, documentLoader }));
