import { describe, expect, it } from 'vitest';
import { type Composed, compose, decompose, largestFile, readAttachment } from '../src/text/attachments.ts';

const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);

describe('a message with files', () => {
  it('reads as fenced blocks under their names, before the text', () => {
    const attachments = [
      { name: 'notes.txt', text: 'one\ntwo' },
      { name: 'read me.md', text: '```js\nx\n```' },
    ];
    expect(compose({ attachments, text: 'What is this?' })).toBe(
      'File: notes.txt\n```\none\ntwo\n```\n\nFile: read me.md\n````\n```js\nx\n```\n````\n\nWhat is this?',
    );
  });

  it.each<Composed>([
    { attachments: [], text: 'only words' },
    { attachments: [{ name: 'a', text: '' }], text: 'an empty file' },
    { attachments: [{ name: 'a', text: 'only a file' }], text: '' },
    { attachments: [{ name: 'a', text: '\n\nstarts low\n\n' }], text: '\nlike this' },
    { attachments: [{ name: 'a', text: '```\n````\n' }], text: '```\ncode\n```' },
    { attachments: [{ name: 'a', text: 'File: b\n```\nx\n```' }], text: 'a file in a file' },
    {
      attachments: [
        { name: 'a', text: '1' },
        { name: 'b', text: '2' },
        { name: 'a', text: '1' },
      ],
      text: 'three',
    },
  ])('comes apart as it was: $text', composed => {
    expect(decompose(compose(composed))).toEqual(composed);
  });

  it.each([
    '',
    'File: a',
    'File: a\n```\nnever closed',
    'File: a\n```\nx\n``` and more',
    'a\n\nFile: b\n```\nx\n```',
  ])('is words alone where no file stands: %j', text =>
    expect(decompose(text)).toEqual({ attachments: [], text }),
  );
});

describe('a file', () => {
  it('is read as UTF-8, with the line ends that models know', async () => {
    expect(await readAttachment(file('a  b.txt', '\ufeffé\r\nx\ry\n\n'))).toEqual({
      name: 'a b.txt',
      text: 'é\nx\ny',
    });
  });

  it.each([
    ['utf-16le', [0xff, 0xfe, 0xe9, 0x00, 0x0a, 0x00, 0x78, 0x00]],
    ['utf-16be', [0xfe, 0xff, 0x00, 0xe9, 0x00, 0x0a, 0x00, 0x78]],
  ])('is read as %s where it says so', async (_encoding, bytes) => {
    expect(await readAttachment(file('a.txt', Uint8Array.from(bytes)))).toEqual({
      name: 'a.txt',
      text: 'é\nx',
    });
  });

  it.each([
    ['a picture', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00]],
    ['an archive', [0x50, 0x4b, 0x03, 0x04, 0x00, 0x00]],
    ['Latin-1', [0x63, 0x61, 0x66, 0xe9]],
  ])('is refused where it is %s', async (_kind, bytes) => {
    expect(await readAttachment(file('a.bin', Uint8Array.from(bytes)))).toBe('binary');
  });

  it('is refused where it is too large, before it is read', async () => {
    const large = file('a.txt', new Uint8Array(largestFile + 1));
    large.arrayBuffer = () => expect.unreachable('it was read');
    expect(await readAttachment(large)).toBe('large');
  });

  it('is refused where it is gone', async () => {
    const gone = file('a.txt', 'x');
    gone.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotFoundError'));
    expect(await readAttachment(gone)).toBe('unreadable');
  });
});
