import { abortReason } from './errors.ts';
import { Link, type WorkerLike } from './link.ts';
import { packUrl } from './packs.ts';
import { requireCount } from './params.ts';
import type { Report } from './protocol.ts';
import { spawnWorker } from './spawn.ts';

/** What a pack needs, what there is, and how fast it will be. */
export type Preflight = Readonly<Omit<Report, 'type' | 'id'>>;

export interface PreflightOptions {
  /** Bytes of experts that the GPU may hold; left out: as many as createEngine would take. */
  expertBudget?: number;
  /** Gives the measurement up. */
  signal?: AbortSignal;
  /** As of createEngine. */
  worker?: () => WorkerLike;
}

/**
 * Tells before anything is downloaded what a pack needs and how fast it will be. Loads one of
 * its experts for that, from the network where it is not stored, and keeps it.
 */
export async function preflight(pack: string, options: PreflightOptions = {}): Promise<Preflight> {
  const { signal, expertBudget = 0 } = options;
  const body = request(pack, expertBudget);
  if (signal?.aborted) throw abortReason(signal);
  const link = new Link(options.worker ? options.worker() : spawnWorker());
  const giveUp = () => link.close(abortReason(signal));
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await link.ready;
    return reportOf(await link.send(body).answer);
  } finally {
    signal?.removeEventListener('abort', giveUp);
    link.close(undefined); // nothing waits
  }
}

/** The same in a worker that goes on. */
export async function measure(
  link: Link,
  pack: string,
  { expertBudget = 0, signal }: PreflightOptions,
): Promise<Preflight> {
  const body = request(pack, expertBudget);
  if (signal?.aborted) throw abortReason(signal);
  const { id, answer } = link.send(body);
  const cancel = () => link.cancel(id);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return reportOf(await answer);
  } catch (error) {
    throw signal?.aborted ? abortReason(signal) : error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

function request(pack: string, expertBudget: number) {
  requireCount('expertBudget', expertBudget, 'bytes');
  return { type: 'preflight' as const, pack: packUrl(pack), expertBudget };
}

function reportOf({ type: _type, id: _id, ...report }: Report): Preflight {
  return report;
}
