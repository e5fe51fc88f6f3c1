import { describe, expect, it } from 'vitest';
import type { PackInfo, Preflight, StorageInfo } from '../lib/src/index.ts';
import { roomFor, verdict } from '../src/models/verdict.ts';

const gb = 1e9;
const info = { folder: null, storedBytes: 0, totalBytes: 26 * gb, complete: false } as PackInfo;
const storage: StorageInfo = { quota: 100 * gb, usage: 10 * gb, persisted: false, keeps: true };
const report = {
  ...{ storeBytes: 26 * gb, residentBytes: gb, cacheBytes: gb, grantedBytes: 25 * gb },
  ...{ regime: 'resident', tokensPerSecond: 8 },
} as Preflight;

describe('room', () => {
  it.each([
    ['all of it is to come', {}, {}, { need: 26 * gb, have: 90 * gb }, { kind: 'fits' }],
    ['some is there', { storedBytes: 20 * gb }, {}, { need: 6 * gb, have: 90 * gb }, { kind: 'fits' }],
    ['all is there', { storedBytes: 26 * gb }, {}, { need: 0, have: 90 * gb }, { kind: 'stored' }],
    ['in a folder', { folder: 'ready' as const }, {}, { need: 0, have: 90 * gb }, { kind: 'folder' }],
    [
      'too little',
      {},
      { quota: 30 * gb },
      { need: 26 * gb, have: 20 * gb },
      { kind: 'short', bytes: 6 * gb },
    ],
    ['less than nothing', {}, { quota: gb }, { need: 26 * gb, have: 0 }, { kind: 'short', bytes: 26 * gb }],
    ['nothing is kept', {}, { keeps: false }, { need: 26 * gb, have: 90 * gb }, { kind: 'unkept' }],
  ])('%s', (_name, pack, browser, disk, room) => {
    expect(roomFor({ ...info, ...pack }, { ...storage, ...browser })).toEqual({ disk, room });
  });
});

describe('verdict', () => {
  it.each([
    [25, 'resident', { kind: 'all' }],
    [12.5, 'slots', { kind: 'half' }],
    [13.5, 'slots', { kind: 'half' }],
    [19, 'slots', { kind: 'share', share: 0.76 }],
    [1, 'pool', { kind: 'share', share: 0.04 }],
    [0, 'too small', { kind: 'none' }],
  ] as const)('%d GB for experts, %s', (granted, regime, experts) => {
    const found = verdict(info, storage, { ...report, grantedBytes: granted * gb, regime });
    expect(found.experts).toEqual(experts);
    const have = regime === 'too small' ? 0 : (granted + 2) * gb;
    expect(found.memory).toEqual({ need: 27 * gb, have });
  });

  it('counts words, against the pace of reading', () => {
    expect(verdict(info, storage, report).speed).toEqual({ need: 4, have: 6 });
  });
});
