// Draws public/icons/*.png from public/icon.svg, for systems that take no SVG. The files are
// committed: run it when the icon changes. Usage: node scripts/icons.mjs
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const folder = fileURLToPath(new URL('../public', import.meta.url));
const svg = await readFile(join(folder, 'icon.svg'), 'utf8');
const background = svg.match(/<rect[^>]*fill="([^"]+)"/)?.[1];
if (!background) throw new Error('icons: public/icon.svg has no <rect> with a fill');

await mkdir(join(folder, 'icons'), { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
await draw('192', 192);
await draw('512', 512);
// A system may cut a maskable icon to a circle of 80 % and fills nothing itself.
await draw('maskable', 512, { share: 0.72, background });
await browser.close();

async function draw(name, size, { share = 1, background = 'transparent' } = {}) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const side = Math.round(size * share);
  await page.setContent(
    `<body style="margin:0;height:${size}px;display:grid;place-items:center;background:${background}">
     <div style="width:${side}px;height:${side}px">${svg}</div>`,
  );
  await page.screenshot({ path: join(folder, 'icons', `${name}.png`), omitBackground: true });
}
