// The Worker: packs, /packs.json, /healthz, /readyz and /version come from the Go program,
// the page from static assets. Cloudflare serves an asset before it asks the Worker, so
// that what comes here is an address that is no file.

import { Program } from "./program.mjs";

let kept = null;

export default {
  async fetch(request, env, ctx) {
    try {
      const answer = await (env.INSTANCES === "request" ? fresh : keptOne)(request, env, ctx);
      return pageOr(answer, request, env);
    } catch (error) {
      console.error("edge:", error.stack ?? error);
      return new Response("the server has made a mistake\n", {
        status: 500,
        headers: { "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8" },
      });
    }
  },
};

/** Answers by the program that lives as long as the isolate. */
async function keptOne(request, env, ctx) {
  if (kept === null || kept.ended) kept = new Program(env);
  const program = kept;
  await program.open(ctx);
  const answer = await program.answer(request);
  program.refresh(ctx);
  return answer;
}

/** Answers by a program of its own, as syumai/workers does by itself. */
async function fresh(request, env, ctx) {
  const program = new Program(env);
  await program.open(ctx);
  return program.answer(request);
}

/** The page's index where Go has none, or Go's answer. */
async function pageOr(answer, request, env) {
  const url = new URL(request.url);
  if (answer.status === 404 && url.pathname.endsWith("/") && !url.pathname.startsWith("/packs/")) {
    url.pathname += "index.html";
    const page = await env.ASSETS.fetch(new Request(url, request));
    if (page.status !== 404) return page;
  }
  if (!answer.headers.has("Content-Encoding")) return answer;
  // Go's body is coded already, which only a new Response can say.
  return new Response(answer.body, {
    status: answer.status,
    headers: answer.headers,
    encodeBody: "manual",
  });
}
