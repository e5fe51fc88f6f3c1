import type { ChatParams, Engine, Figures, Usage } from '../../lib/src/index.ts';
import { asMixtabError } from './engine-store.ts';
import type { TurnError, TurnState } from './tree.ts';

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
  /** How many of the oldest messages were left out; known at the end. */
  dropped?: number;
}

/** Asks the engine and yields the growing answer; the last one tells how it ended. Never throws. */
export async function* stream(
  engine: Engine,
  params: ChatParams,
  signal: AbortSignal,
): AsyncGenerator<Answer> {
  const sent = performance.now();
  let first = 0;
  let text = '';
  try {
    const chunks = await engine.chat.completions.create({ ...params, stream: true }, { signal });
    for await (const { choices, usage, x_mixtab: figures } of chunks) {
      const [choice] = choices;
      text += choice?.delta.content ?? '';
      if ('completion_tokens' in figures) {
        const now = performance.now();
        first ||= now;
        const decoded = figures.completion_tokens - 1;
        yield {
          text,
          state: 'streaming',
          figures: {
            tokensPerSecond: now > first ? (decoded * 1000) / (now - first) : 0,
            firstTokenMs: first - sent,
            contextTokens: undefined,
          },
        };
      } else {
        yield { text, ...ended(figures, usage, choice?.finish_reason === 'length') };
      }
    }
  } catch (error) {
    const { code, message } = asMixtabError(error);
    yield { text, state: 'failed', error: { code, message } };
  }
}

function ended(figures: Figures, usage: Usage | null | undefined, cut: boolean): Omit<Answer, 'text'> {
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
