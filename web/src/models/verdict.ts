// What a measurement of a pack means, without words: three bars and the parts of a sentence.

import type { PackInfo, Preflight, StorageInfo } from '../../lib/src/index.ts';

/** Something that is needed and something that is there, in one unit. */
export interface Bar {
  need: number;
  have: number;
}

/** Whether the browser has room for what is still to come. */
export type Disk =
  | { kind: 'stored' } // nothing is to come
  | { kind: 'folder' } // it is read where it lies
  | { kind: 'fits' }
  | { kind: 'short'; bytes: number }
  | { kind: 'unkept' }; // this window keeps no files

/** How many experts the GPU holds at a time. */
export type Experts =
  | { kind: 'all' }
  | { kind: 'half' }
  | { kind: 'share'; share: number }
  | { kind: 'none' };

export interface Verdict {
  disk: Bar;
  memory: Bar;
  /** In words a second; what is needed is the pace of reading. */
  speed: Bar;
  room: Disk;
  experts: Experts;
}

/** English has some three words to four tokens; other languages fewer. */
const wordsPerToken = 0.75;

/** People read three to five words a second. */
const readingPace = 4;

/** What the manifest and the browser tell at once, before anything is measured. */
export function roomFor(info: PackInfo, storage: StorageInfo): { disk: Bar; room: Disk } {
  const need = info.folder ? 0 : info.totalBytes - info.storedBytes;
  const have = Math.max(0, storage.quota - storage.usage);
  const disk = { need, have };
  if (info.folder) return { disk, room: { kind: 'folder' } };
  if (need === 0) return { disk, room: { kind: 'stored' } };
  if (!storage.keeps) return { disk, room: { kind: 'unkept' } };
  return { disk, room: need <= have ? { kind: 'fits' } : { kind: 'short', bytes: need - have } };
}

export function verdict(info: PackInfo, storage: StorageInfo, report: Preflight): Verdict {
  const always = report.residentBytes + report.cacheBytes;
  const experts = report.storeBytes - report.residentBytes;
  const { grantedBytes, regime } = report;
  return {
    ...roomFor(info, storage),
    memory: { need: always + experts, have: regime === 'too small' ? 0 : always + grantedBytes },
    speed: { need: readingPace, have: report.tokensPerSecond * wordsPerToken },
    experts: regime === 'too small' ? { kind: 'none' } : shareOf(grantedBytes / experts),
  };
}

function shareOf(share: number): Experts {
  if (share >= 1) return { kind: 'all' };
  return share > 0.45 && share < 0.55 ? { kind: 'half' } : { kind: 'share', share };
}
