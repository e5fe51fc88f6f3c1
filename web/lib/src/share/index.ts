import type { WorkerLike } from '../link.ts';
import type { Open } from '../protocol.ts';
import { build } from '../spawn.ts';
import { Member } from './member.ts';
import { thisTab } from './tab.ts';

/**
 * The worker that serves everyone of this origin who opens the same. Where the browser does not
 * let tabs agree (old ones, sandboxed frames, storage switched off) it is one of this call's own.
 */
export async function sharedWorker(
  open: Omit<Open, 'type' | 'id'>,
  spawn: () => WorkerLike,
  onWaiting: (waiting: boolean) => void = () => {},
): Promise<WorkerLike> {
  const tab = thisTab();
  if (!tab) return spawn();
  // What makes two engines answer differently; a build knows only its own messages.
  const engine = `mixtab ${JSON.stringify([build, open.pack, open.context, open.arithmetic])}`;
  try {
    return await Member.join(tab, { engine, open, spawn, onWaiting });
  } catch {
    return spawn();
  }
}
