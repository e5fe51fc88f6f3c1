// The service worker's side: brings a request for the API to a page with an engine, and the
// page's reply back as a Response.

import { type ApiError, apiError } from './refusal.ts';
import {
  type Accept,
  type Call,
  event,
  eventStream,
  hold,
  type Offer,
  type ReplyMessage,
  whenReleased,
} from './wire.ts';

/** The part of a service worker's Client that is used. */
export interface Page {
  postMessage(message: Offer, transfer: Transferable[]): void;
}

/** For a page to say that it serves, in milliseconds; one that does not serve says nothing. */
const patience = 3000;

/** Answers a caller's request by the first of the pages that serves; path is what follows v1/. */
export async function forward(
  request: Request,
  { path, caller }: { path: string; caller: string },
  pages: readonly Page[],
): Promise<Response> {
  const call: Call = { method: request.method, path, body: await request.text(), caller };
  const callerLock = `mixtab-caller-${crypto.randomUUID()}`;
  const release = await hold(callerLock);
  const server = await firstToAccept(pages, callerLock);
  if (!server) {
    release();
    return refusal(
      apiError(
        503,
        'No open tab has an engine that serves: open the page and wait for "Ready".',
        'no_engine',
      ),
    );
  }
  return replyOf(server, call, request.signal, release);
}

interface Server {
  port: MessagePort;
  lock: string;
}

/** Offers to all pages at once. Who comes second learns it when the caller's lock is released. */
function firstToAccept(pages: readonly Page[], callerLock: string): Promise<Server | undefined> {
  return new Promise(resolve => {
    const ports: MessagePort[] = [];
    const settle = (server?: Server) => {
      clearTimeout(timer);
      for (const port of ports) if (port !== server?.port) port.close();
      resolve(server);
    };
    const timer = setTimeout(settle, patience);
    for (const page of pages) {
      const { port1: port, port2 } = new MessageChannel();
      ports.push(port);
      port.addEventListener('message', ({ data }) => settle({ port, lock: (data as Accept).serverLock }), {
        once: true,
      });
      port.start();
      page.postMessage({ mixtab: 'offer', callerLock }, [port2]);
    }
    if (pages.length === 0) settle();
  });
}

/** Resolves at the head of the reply; its body follows as it comes. */
function replyOf(server: Server, call: Call, signal: AbortSignal, release: () => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const encoder = new TextEncoder();
    let body!: ReadableStreamDefaultController<Uint8Array>;
    let head: Extract<ReplyMessage, { type: 'head' }> | undefined;
    let over = false;
    const finish = () => {
      over = true;
      signal.removeEventListener('abort', aborted);
      server.port.close();
      release();
    };
    const aborted = () => {
      finish();
      if (head) body.error(signal.reason);
      else reject(signal.reason);
    };
    const stream = new ReadableStream<Uint8Array>({
      start: controller => {
        body = controller;
      },
      cancel: finish,
    });

    server.port.addEventListener('message', ({ data }: MessageEvent<ReplyMessage>) => {
      if (over) return;
      switch (data.type) {
        case 'head':
          head = data;
          resolve(new Response(stream, { status: data.status, headers: headers(data.contentType) }));
          return;
        case 'piece':
          body.enqueue(encoder.encode(data.text));
          return;
        case 'end':
          finish();
          body.close();
      }
    });
    whenReleased(server.lock, () => {
      // Its last messages may still be on their way.
      setTimeout(() => {
        if (over) return;
        finish();
        const error = apiError(503, 'The engine that was answering is gone: ask again.', 'engine_gone');
        if (!head) resolve(refusal(error));
        else if (head.contentType === eventStream) {
          body.enqueue(encoder.encode(event(error.body)));
          body.close();
        } else body.error(new TypeError(error.body.error.message));
      }, 100);
    });
    signal.addEventListener('abort', aborted);
    server.port.postMessage(call);
  });
}

function refusal({ status, body }: ApiError): Response {
  return new Response(JSON.stringify(body), { status, headers: headers('application/json') });
}

function headers(contentType: string): HeadersInit {
  return { 'Content-Type': contentType, 'Cache-Control': 'no-store' };
}
