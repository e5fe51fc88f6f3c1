// Headless Chromium on one of the two CPU adapters.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');

const args = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--no-first-run',
];

/** @param {'swiftshader' | 'lavapipe'} adapter @param {string} lavapipe the folder that lavapipe.sh made */
export async function launch(adapter, lavapipe) {
  const system = process.env.MIXTAB_CHROMIUM ?? '/usr/bin/chromium';
  const env = { ...process.env };
  if (adapter === 'lavapipe') env.VK_DRIVER_FILES = join(lavapipe, 'lvp_icd.json');
  return chromium.launch({
    executablePath: adapter === 'lavapipe' ? join(lavapipe, 'chromium') : system,
    args,
    env,
  });
}

/** Makes sure that the adapter is the one that was asked for; both call themselves SwiftShader. */
export async function check(page, adapter) {
  const f16 = await page.evaluate(async () => {
    const a = await navigator.gpu?.requestAdapter();
    return a?.features.has('shader-f16');
  });
  if (f16 === undefined) throw new Error(`no WebGPU adapter in Chromium on ${adapter}`);
  if (f16 !== (adapter === 'lavapipe'))
    throw new Error(`Chromium is not on ${adapter}: shader-f16 is ${f16}`);
}
