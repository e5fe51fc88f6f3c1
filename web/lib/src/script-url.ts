// Where a page requires Trusted Types, a worker starts only from an address that a policy has
// passed. Ours passes what lies beside this very script, and blobs that this page has made.

interface Policy {
  createScriptURL(url: string): unknown;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

const policy = makePolicy();

/** The address as new Worker takes it everywhere; typed as what TypeScript knows. */
export function scriptUrl(url: string): string {
  return policy ? (policy.createScriptURL(url) as string) : url;
}

function makePolicy(): Policy | undefined {
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  try {
    return factory?.createPolicy('mixtab-worker', { createScriptURL: passed });
  } catch {
    // The page's Content-Security-Policy allows other policies only. It may still not require
    // any; if it does, the browser's own error says what to allow.
    return undefined;
  }
}

function passed(url: string): string {
  const ours = new URL(import.meta.url).origin;
  if (new URL(url).origin === ours || url.startsWith(`blob:${location.origin}/`)) return url;
  throw new TypeError(`mixtab-worker: ${url} is neither from ${ours} nor made by this page`);
}
