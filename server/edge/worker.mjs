// The Worker: packs, /packs.json, /healthz, /readyz and /version come from the Go program,
// the page from static assets. Cloudflare serves an asset before it asks the Worker, so
// that what comes here is an address that is no file.

import { keep, NotOpen, Program } from './program.mjs';

export default {
  async fetch(request, env, ctx) {
    try {
      // Go's parser of addresses refuses these, and with it v0.31.0 of syumai/workers all
      // of the request.
      if (/%(?![0-9a-f]{2})/i.test(new URL(request.url).pathname)) return text(400, 'this is no address');
      const answerBy = env.INSTANCES === 'request' ? itsOwn : theKept;
      return pageOr(await answerBy(asked(request), env, ctx), request, env);
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

/** What Go reads of a request. Cloudflare puts its own wish for codings in place of the client's. */
function asked(request) {
  const headers = new Headers(request.headers);
  const codings = request.cf?.clientAcceptEncoding;
  if (codings !== undefined) headers.set('Accept-Encoding', codings);
  return { method: request.method, url: request.url, headers, body: null };
}

/** Answers by the program that lives as long as the isolate. */
async function theKept(request, env, ctx) {
  const program = keep(env);
  await program.open(ctx);
  const answer = await program.answer(request);
  program.refresh(ctx);
  return answer;
}

/** Answers by a program of its own, as syumai/workers does by itself. */
async function itsOwn(request, env, ctx) {
  const program = new Program(env);
  await program.open(ctx);
  return program.answer(request);
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
  if (!answer.headers.has('Content-Encoding')) return answer;
  // Go's body is coded already, which only a new Response can say.
  return new Response(answer.body, {
    status: answer.status,
    headers: answer.headers,
    encodeBody: 'manual',
  });
}
