// Errors in the shape and with the status codes of OpenAI's API.

import { MixtabError } from '../errors.ts';

export interface ApiError {
  status: number;
  body: { error: { message: string; type: string; param: string | null; code: string | null } };
}

export function apiError(
  status: number,
  message: string,
  code: string | null = null,
  param: string | null = null,
): ApiError {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return { status, body: { error: { message, type, param, code } } };
}

/** The library names the parameter first: '"logprobs" is not supported', 'messages[0].role: …'. */
const parameter = /^(?:"([a-z_]+)" is|([a-z_]+)(?:\[\d+\]\S*)?: )/;

/** What an engine's error is to a caller of the API. */
export function fromEngine(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof MixtabError)) return apiError(500, message, 'internal');
  switch (error.code) {
    case 'bad_request': {
      const [, unknown, known] = message.match(parameter) ?? [];
      const param = unknown ?? known ?? null;
      if (param === 'model') return apiError(404, message, 'model_not_found', 'model');
      return apiError(400, message, null, param);
    }
    case 'context_full':
      return apiError(400, message, 'context_length_exceeded', 'messages');
    default:
      return apiError(500, message, error.code);
  }
}
