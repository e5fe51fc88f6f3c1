// The Worker: packs, /packs.json, /healthz, /readyz and /version come from the Go program,
// the page from static assets. Cloudflare serves an asset before it asks the Worker, so
// that what comes here is an address that is no file.

import { keep } from './kept.mjs';
import { NotOpen, Program } from './program.mjs';

export default {
  async fetch(request, env, ctx) {
    try {
      // Go's parser of addresses refuses these, and with it v0.31.0 of syumai/workers all
      // of the request.
      if (/%(?![0-9a-f]{2})/i.test(new URL(request.url).pathname)) return text(400, 'this is no address');
      const answerBy = env.INSTANCES === 'request' ? itsOwn : theKept;
      // Nothing here takes a body, so none is read.
      const { method, url, headers } = request;
      return pageOr(await answerBy({ method, url, headers, body: null }, env, ctx), request, env);
    } catch (error) {
      console.error('edge:', error.stack ?? error);
      return error instanceof NotOpen ? text(503, error.message) : text(500, 'the server has made a mistake');
    }
  },
};

function text(status, line) {
  const headers = { 'Cache-Control': 'no-store', 'Content-Type': 'text/plain; charset=utf-8' };
  return new Response(`${line}\n`, { status, headers });
}

/** Answers by the program that lives as long as the isolate. */
async function theKept(request, env, ctx) {
  const program = keep();
  const answer = await program.answer(request, env, ctx);
  program.refresh(ctx);
  return answer;
}

/** Answers by a program of its own, as syumai/workers does by itself. */
function itsOwn(request, env, ctx) {
  return new Program().answer(request, env, ctx);
}

/** The page's index where Go has none, or Go's answer. */
async function pageOr(answer, request, env) {
  const url = new URL(request.url);
  if (
    env.ASSETS &&
    answer.status === 404 &&
    url.pathname.endsWith('/') &&
    !url.pathname.startsWith('/packs/')
  ) {
    url.pathname += 'index.html';
    const page = await env.ASSETS.fetch(new Request(url, request));
    if (page.status !== 404) return page;
  }
  return answer;
}
