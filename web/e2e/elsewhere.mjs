// A site of another origin, for the library in other people's pages: one bare page under a
// strict policy that lets our server's scripts in.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from './static-server.mjs';

/** Resolves with the site's address, the folder that it is served from, and a function that ends it. */
export async function serveElsewhere(server) {
  const folder = await mkdtemp(join(tmpdir(), 'mixtab-elsewhere-'));
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">',
  );
  const site = await serve(folder, 0, { scripts: new URL(server.url).origin });
  const close = () => {
    site.close();
    return rm(folder, { recursive: true });
  };
  return { url: site.url, folder, close };
}
