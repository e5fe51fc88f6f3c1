import type { Code } from './protocol.ts';

/** Everything that the engine reports; `code` says which remedy fits. */
export class MixtabError extends Error {
  readonly code: Code;
  /** Of what `packs` reports, the store's own word, which is finer: "checkpoint", "quota", … */
  readonly reason: string | undefined;

  constructor(code: Code, message: string, options?: ErrorOptions & { reason?: string | undefined }) {
    super(message, options);
    this.name = 'MixtabError';
    this.code = code;
    this.reason = options?.reason;
  }
}

/** What an aborted request rejects with. */
export function abortReason(signal: AbortSignal | undefined): unknown {
  return signal?.reason ?? new DOMException('The request was aborted.', 'AbortError');
}
