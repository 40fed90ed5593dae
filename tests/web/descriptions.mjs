// What is wrong with the two descriptions of the API, in the eyes of their own validators: {openapi, asyncapi} as JSON from stdin.
import { readFileSync } from 'node:fs';
import asyncapi from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';

const documents = JSON.parse(readFileSync(0, 'utf8'));
const validator = new Validator();
const { valid, errors } = await validator.validate(documents.openapi);
const { diagnostics } = await new asyncapi.Parser().parse(JSON.stringify(documents.asyncapi));
const wrong = diagnostics.filter(({ severity }) => severity < 2).map(({ message, path }) => `${path.join('/')}: ${message}`);
console.log(JSON.stringify({ openapi: valid ? [] : errors, version: validator.version, asyncapi: wrong }));
