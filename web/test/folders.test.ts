import { describe, expect, it } from 'vitest';
import { droppedFolder } from '../src/models/folders.ts';

const handle = { kind: 'directory', name: 'stick' };

/** What lies in a folder, as browsers without handles tell it: some entries at a time. */
function entry(name: string, content: string | unknown[]): unknown {
  if (typeof content === 'string') {
    return {
      name,
      isFile: true,
      isDirectory: false,
      file: (give: (file: File) => void) => give(new File([content], name)),
    };
  }
  const createReader = () => {
    const left = [...content];
    return { readEntries: (give: (some: unknown[]) => void) => give(left.splice(0, 1)) };
  };
  return { name, isFile: false, isDirectory: true, createReader };
}

const item = (part: object) =>
  ({ kind: 'file', webkitGetAsEntry: () => null, ...part }) as unknown as DataTransferItem;

describe('what is dropped', () => {
  it('is the first folder, as a handle where there is one', async () => {
    const text = item({ kind: 'string' });
    const file = item({ getAsFileSystemHandle: async () => ({ kind: 'file' }) });
    const folder = item({ getAsFileSystemHandle: async () => handle });
    expect(await droppedFolder([text, file, folder])).toBe(handle);
  });

  it('is its files by their paths elsewhere, and nothing that lies deeper', async () => {
    const content = [
      entry('manifest.json', '{}'),
      entry('shards', [entry('a.bin', 'a'), entry('b.bin', 'bb')]),
      entry('other', [entry('c', 'c')]),
    ];
    const folder = await droppedFolder([item({ webkitGetAsEntry: () => entry('pack', content) })]);
    const sizes = [...(folder as Map<string, File>)].map(([path, { size }]) => [path, size]);
    expect(sizes).toEqual([
      ['manifest.json', 2],
      ['shards/a.bin', 1],
      ['shards/b.bin', 2],
    ]);
  });

  it('is nothing where it was no folder', async () => {
    expect(await droppedFolder([item({ webkitGetAsEntry: () => entry('a', 'text') })])).toBeUndefined();
  });
});
