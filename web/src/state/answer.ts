import type { ChatCompletionChunk, ChatParams, Engine, Figures, Usage } from '../../lib/src/index.ts';
import { asMixtabError } from './engine-store.ts';
import type { TurnError, TurnState, TurnToken } from './tree.ts';

/** What the last answer cost, and while it streams what is known so far. */
export interface AnswerFigures {
  tokensPerSecond: number;
  firstTokenMs: number;
  contextTokens: number | undefined;
}

/** An answer as far as it has come. */
export interface Answer {
  text: string;
  state: TurnState;
  error?: TurnError;
  figures?: AnswerFigures;
  /** With their probabilities; empty where these were not asked for. */
  tokens: readonly TurnToken[];
  /** How many of the oldest messages were left out; known at the end. */
  dropped?: number;
}

/** The tokens of a chunk, where their probabilities were asked for. */
export function tokensOf({ choices }: ChatCompletionChunk): TurnToken[] {
  return (choices[0]?.logprobs?.content ?? []).map(({ token, logprob, top_logprobs: top }) => ({
    text: token,
    logprob,
    top: top.map(({ token, logprob }) => ({ text: token, logprob })),
  }));
}

/** Asks the engine and yields the growing answer; the last one tells how it ended. heard is told every chunk. Never throws. */
export async function* stream(
  engine: Engine,
  params: ChatParams,
  signal: AbortSignal,
  heard: (chunk: ChatCompletionChunk) => void = () => {},
): AsyncGenerator<Answer> {
  const sent = performance.now();
  let first = 0;
  let text = '';
  let tokens: readonly TurnToken[] = [];
  try {
    const chunks = await engine.chat.completions.create({ ...params, stream: true }, { signal });
    for await (const chunk of chunks) {
      heard(chunk);
      const { choices, usage, x_mixtab: figures } = chunk;
      const [choice] = choices;
      text += choice?.delta.content ?? '';
      tokens = [...tokens, ...tokensOf(chunk)];
      if ('completion_tokens' in figures) {
        const now = performance.now();
        first ||= now;
        const decoded = figures.completion_tokens - 1;
        yield {
          text,
          tokens,
          state: 'streaming',
          figures: {
            tokensPerSecond: now > first ? (decoded * 1000) / (now - first) : 0,
            firstTokenMs: first - sent,
            contextTokens: undefined,
          },
        };
      } else {
        yield { text, tokens, ...ended(figures, usage, choice?.finish_reason === 'length') };
      }
    }
  } catch (error) {
    const { code, message } = asMixtabError(error);
    yield { text, tokens, state: 'failed', error: { code, message } };
  }
}

function ended(
  figures: Figures,
  usage: Usage | null | undefined,
  cut: boolean,
): Omit<Answer, 'text' | 'tokens'> {
  const state = figures.cancelled ? 'stopped' : cut ? 'cut' : 'done';
  if (!usage || usage.completion_tokens === 0) return { state, dropped: figures.dropped_messages };
  return {
    state,
    dropped: figures.dropped_messages,
    figures: {
      tokensPerSecond: figures.tokens_per_second,
      firstTokenMs: figures.prefill_ms,
      contextTokens: usage.total_tokens,
    },
  };
}
