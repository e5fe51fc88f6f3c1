// Text files that go with a message. The model reads each as a fenced block under its name,
// before the message; the page takes them apart again to show them.

/** A text file. */
export interface Attachment {
  readonly name: string;
  readonly text: string;
}

/** A message and the files that go with it. */
export interface Composed {
  readonly attachments: readonly Attachment[];
  readonly text: string;
}

/** Larger files are refused: no context holds them. In bytes. */
export const largestFile = 1 << 20;

/** Why a file cannot be attached. */
export type Refusal = 'binary' | 'large' | 'unreadable';

/** As one text. */
export function compose({ attachments, text }: Composed): string {
  return [...attachments.map(fenced), text].filter(part => part !== '').join('\n\n');
}

/** Takes a text apart that compose has made; any other is a message without files. */
export function decompose(source: string): Composed {
  const attachments: Attachment[] = [];
  let rest = source;
  for (;;) {
    const [head, name, fence] = /^File: ([^\n]+)\n(`{3,})\n/.exec(rest) ?? [];
    if (head === undefined || name === undefined || fence === undefined) break;
    const end = rest.indexOf(`\n${fence}`, head.length - 1);
    const after = rest.slice(end + 1 + (fence?.length ?? 0));
    if (end < 0 || !/^(?:\n\n|$)/.test(after)) break;
    attachments.push({ name, text: rest.slice(head.length, Math.max(end, head.length)) });
    rest = after.slice(2);
  }
  return { attachments, text: rest };
}

/** Reads a file as text: UTF-8, or UTF-16 that says so. */
export async function readAttachment(file: File): Promise<Attachment | Refusal> {
  if (file.size > largestFile) return 'large';
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return 'unreadable'; // Gone or changed since it was chosen, or a folder.
  }
  const text = decode(bytes);
  if (text === undefined) return 'binary';
  return { name: file.name.replace(/\s+/g, ' '), text: text.replace(/\r\n?/g, '\n').replace(/\n+$/, '') };
}

function decode(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const wide =
    first === 0xff && second === 0xfe
      ? 'utf-16le'
      : first === 0xfe && second === 0xff
        ? 'utf-16be'
        : undefined;
  try {
    const text = new TextDecoder(wide ?? 'utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text; // What no text has, and nearly all else has.
  } catch {
    return undefined;
  }
}

/** Its fence is longer than any in it. */
function fenced({ name, text }: Attachment): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `File: ${name}\n${fence}\n${text}\n${fence}`;
}
