// OpenAI's HTTP API over one engine: from a call to a status, a content type and a body that
// comes in pieces. It knows nothing of service workers.

import type { Engine } from '../engine.ts';
import type { ChatCompletionChunk, ChatParams, Completion, CompletionParams } from '../openai.ts';
import { type ApiError, apiError, fromEngine } from './refusal.ts';
import { type Call, event, eventStream } from './wire.ts';

/** The part of an engine that the API needs. */
export type ApiEngine = Pick<Engine, 'chat' | 'completions'> & { info: { model: string } };

export interface Reply {
  status: number;
  contentType: string;
  pieces: AsyncIterable<string> | Iterable<string>;
}

type Chunk = ChatCompletionChunk | Completion;
type Params = ChatParams | CompletionParams;

/** Answers one call. Rejects only where the signal has ended it. */
export async function answer(engine: ApiEngine, call: Call, signal: AbortSignal): Promise<Reply> {
  try {
    return await route(engine, call, signal);
  } catch (error) {
    signal.throwIfAborted();
    return refuse(fromEngine(error));
  }
}

async function route(engine: ApiEngine, call: Call, signal: AbortSignal): Promise<Reply> {
  const { method, path, body } = call;
  const model = { id: engine.info.model, object: 'model', created: 0, owned_by: 'mixtab' };
  const [, named] = path.match(/^models\/(.+)$/) ?? [];
  if (path === 'models' || named !== undefined) {
    if (method !== 'GET') return wrongMethod(method, path, 'GET');
    if (path === 'models') return json(200, { object: 'list', data: [model] });
    if (decodeURIComponent(named ?? '') === model.id) return json(200, model);
    return refuse(apiError(404, `The model "${named}" is not open here.`, 'model_not_found', 'model'));
  }
  if (path !== 'chat/completions' && path !== 'completions') {
    return refuse(apiError(404, `Unknown request URL: ${method} /v1/${path}.`, 'unknown_url'));
  }
  if (method !== 'POST') return wrongMethod(method, path, 'POST');

  let params: unknown;
  try {
    params = JSON.parse(body);
  } catch {
    return refuse(apiError(400, 'The body of the request is not JSON.'));
  }
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    return refuse(apiError(400, 'The body of the request is not a JSON object.'));
  }
  const wanted = params as Params;
  // Pages that ask much leave each other, and this page's own chat, their turns.
  const caller = `v1 ${call.caller}`;
  const create = (onStart?: () => void): Promise<unknown> => {
    const options = { signal, caller, onStart };
    return path === 'chat/completions'
      ? engine.chat.completions.create(wanted as ChatParams, options)
      : engine.completions.create(wanted as CompletionParams & { stream: true }, options);
  };
  if (wanted.stream !== true) return whole(create);
  const chunks = (await create()) as AsyncIterable<Chunk>;
  return stream(chunks, wanted.stream_options?.include_usage === true);
}

/**
 * The head goes out with the first token, as a browser tells a service worker only of a body
 * that is left, not of a request; what fails later breaks the body off.
 */
async function whole(create: (onStart: () => void) => Promise<unknown>): Promise<Reply> {
  let answered!: Promise<unknown>;
  await new Promise<void>((resolve, reject) => {
    answered = create(resolve);
    answered.then(() => resolve(), reject);
  });
  const pieces = async function* () {
    yield JSON.stringify(await answered);
  };
  return { status: 200, contentType: 'application/json', pieces: pieces() };
}

/** Waits for the first chunk, as what fails before it still has a status code to tell it by. */
async function stream(chunks: AsyncIterable<Chunk>, includeUsage: boolean): Promise<Reply> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  return { status: 200, contentType: eventStream, pieces: events(iterator, first, includeUsage) };
}

async function* events(
  iterator: AsyncIterator<Chunk>,
  first: IteratorResult<Chunk>,
  includeUsage: boolean,
): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await iterator.next()) {
      const { usage, ...chunk } = next.value;
      // OpenAI tells the usage only when asked.
      yield event(includeUsage ? next.value : chunk);
    }
    yield 'data: [DONE]\n\n';
  } catch (error) {
    yield event(fromEngine(error).body);
  } finally {
    await iterator.return?.();
  }
}

function json(status: number, data: unknown): Reply {
  return { status, contentType: 'application/json', pieces: [JSON.stringify(data)] };
}

function refuse({ status, body }: ApiError): Reply {
  return json(status, body);
}

function wrongMethod(method: string, path: string, right: string): Reply {
  return refuse(apiError(405, `/v1/${path} takes ${right}, not ${method}.`, 'method_not_supported'));
}
