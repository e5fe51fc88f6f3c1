// Which pack the page opens where its address names none. Online the server decides that by a
// redirect; a page from the cache never reaches the server.

const name = 'mixtab-home';
const index = 'packs.json';

interface Packs {
  default: string;
  packs: { name: string }[];
}

/** Asks the server for its packs and remembers the answer. */
export async function rememberPacks(scope: string): Promise<void> {
  const response = await fetch(new URL(index, scope), { cache: 'no-cache' });
  if (response.ok) await (await caches.open(name)).put(new URL(index, scope), response);
}

/** The address to go to instead, as the server would say it; undefined: stay. */
export async function redirectHome(url: URL, scope: string): Promise<string | undefined> {
  if (url.searchParams.has('pack')) return undefined;
  const stored = await (await caches.open(name)).match(new URL(index, scope));
  if (!stored) return undefined;
  const { default: pack, packs } = (await stored.json()) as Packs;
  if (pack === '' || packs.some(({ name }) => name === 'demo')) return undefined;
  const to = new URL(url);
  to.search = `?pack=packs/${pack}/&${url.search.slice(1)}`.replace(/&$/, '');
  return to.href;
}
