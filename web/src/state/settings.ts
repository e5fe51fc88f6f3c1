import type { SamplingParams } from '../../lib/src/index.ts';

/** How a conversation is answered. What is left out follows the pack. */
export interface Settings {
  /** What the model is told before the conversation. */
  system?: string;
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  repetitionPenalty?: number;
  maxTokens?: number;
  stop?: string[];
  seed?: number;
}

/** The settings under the library's names. */
export function samplingOf(settings: Settings): SamplingParams {
  return {
    temperature: settings.temperature ?? null,
    top_p: settings.topP ?? null,
    top_k: settings.topK ?? null,
    min_p: settings.minP ?? null,
    frequency_penalty: settings.frequencyPenalty ?? null,
    presence_penalty: settings.presencePenalty ?? null,
    repetition_penalty: settings.repetitionPenalty ?? null,
    max_tokens: settings.maxTokens ?? null,
    stop: settings.stop && settings.stop.length > 0 ? settings.stop : null,
    seed: settings.seed ?? null,
  };
}
