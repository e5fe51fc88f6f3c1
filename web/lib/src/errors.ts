import type { Code } from './protocol.ts';

/** Everything that the engine reports; `code` says which remedy fits. */
export class MixtabError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MixtabError';
    this.code = code;
  }
}

/** What an aborted request rejects with. */
export function abortReason(signal: AbortSignal | undefined): unknown {
  return signal?.reason ?? new DOMException('The request was aborted.', 'AbortError');
}
