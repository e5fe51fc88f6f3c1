// From OpenAI's response_format to the protocol's. The engine says what of a schema it cannot
// follow.

import { MixtabError } from './errors.ts';
import type { ResponseFormat } from './openai.ts';
import type { Format } from './protocol.ts';

const schemaKeys = new Set(['name', 'description', 'schema', 'strict']);

/** null where any text will do. */
export function toFormat(format: ResponseFormat | null | undefined): Format | null {
  if (format == null) return null;
  switch (format.type) {
    case 'text':
      return null;
    case 'json_object':
      return { type: 'json_object', schema: '' };
    case 'json_schema':
      return { type: 'json_schema', schema: schemaOf(format.json_schema) };
    default:
      throw bad(
        `type: text, json_object or json_schema is needed, not ${JSON.stringify(Object(format).type)}`,
      );
  }
}

function schemaOf(given: unknown): string {
  if (!isObject(given)) throw bad('json_schema: an object with name and schema is needed');
  for (const key of Object.keys(given)) {
    if (!schemaKeys.has(key)) throw bad(`json_schema.${key} is not supported; leave it out`);
  }
  if (typeof given.name !== 'string' || given.name === '') throw bad('json_schema.name: a text is needed');
  if (!isObject(given.schema)) throw bad('json_schema.schema: an object, a JSON Schema, is needed');
  return JSON.stringify(given.schema);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(message: string): MixtabError {
  return new MixtabError('bad_request', `response_format.${message}`);
}
