import { describe, expect, it } from 'vitest';
import type { ChatParams } from '../src/index.ts';
import { answerCount, chatBody, completionBody, wantsUsageApart } from '../src/params.ts';

const messages = [{ role: 'user' as const, content: 'Hi' }];
const chat = (extra: object) => chatBody({ messages, ...extra } as ChatParams, 'demo');

describe('chatBody', () => {
  it('leaves to the pack what is not given', () => {
    const { sampling, overflow, continue: goesOn } = chat({});
    expect(new Set(Object.values(sampling))).toEqual(new Set([null]));
    expect([overflow, goesOn]).toEqual(['error', false]);
  });

  it('takes every sampling parameter', () => {
    const given = { temperature: 0.7, top_p: 0.9, top_k: 40, min_p: 0.05, seed: 7, max_tokens: 10 };
    const more = {
      frequency_penalty: 1,
      presence_penalty: -1,
      repetition_penalty: 1.2,
      logit_bias: { 0: -100, 31999: 2.5 },
      prompt_lookup_num_tokens: 7,
    };
    const sampling = { ...given, stop: ['x'], ...more, top_logprobs: null, format: null };
    expect(chat({ ...given, stop: 'x', ...more }).sampling).toEqual(sampling);
  });

  it('knows the newer name of max_tokens', () => {
    expect(chat({ max_completion_tokens: 5 }).sampling.max_tokens).toBe(5);
    expect(() => chat({ max_completion_tokens: 5, max_tokens: 5 })).toThrow('mean the same');
  });

  it('asks for probabilities as OpenAI does', () => {
    expect(chat({ logprobs: true }).sampling.top_logprobs).toBe(0);
    expect(chat({ logprobs: true, top_logprobs: 20 }).sampling.top_logprobs).toBe(20);
    expect(chat({ logprobs: false, top_logprobs: null }).sampling.top_logprobs).toBeNull();
  });

  it('takes the formats of answers', () => {
    const schema = { type: 'object', properties: { b: { type: 'null' }, a: { type: 'null' } } };
    const format = (response_format: object) => chat({ response_format }).sampling.format;
    expect(format({ type: 'text' })).toBeNull();
    expect(format({ type: 'json_object' })).toEqual({ type: 'json_object', schema: '' });
    expect(format({ type: 'json_schema', json_schema: { name: 'x', schema, strict: true } })).toEqual({
      type: 'json_schema',
      schema: JSON.stringify(schema),
    });
  });

  it('joins the parts of a text', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    expect(chat({ messages: [{ role: 'user', content: parts }] }).messages[0]?.content).toBe('ab');
  });

  it('lets pass what is switched off', () => {
    expect(() => chat({ logprobs: false, tools: null, n: 1, model: 'demo' })).not.toThrow();
  });

  it.each([
    [{ logprobs: 3 }, 'logprobs: true or false'],
    [{ top_logprobs: 3 }, 'top_logprobs: only with logprobs: true'],
    [{ logprobs: false, top_logprobs: 3 }, 'top_logprobs: only with logprobs: true'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs: a whole number from 0 to 20'],
    [{ logprobs: true, top_logprobs: -1 }, 'top_logprobs'],
    [{ tools: [] }, '"tools" is not supported'],
    [{ temperature: -1 }, 'temperature: a number at least 0'],
    [{ temperature: Number.NaN }, 'temperature'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_p: 1.5 }, 'top_p: a number from 0 to 1'],
    [{ top_k: 1.5 }, 'top_k: a whole number'],
    [{ seed: 2 ** 60 }, 'seed'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ stop: [''] }, 'stop'],
    [{ repetition_penalty: 0 }, 'repetition_penalty: a number above 0, at most 2'],
    [{ repetition_penalty: 2.5 }, 'repetition_penalty'],
    [{ logit_bias: [1] }, 'logit_bias: an object'],
    [{ logit_bias: { hello: 1 } }, '"hello" is no token id'],
    [{ logit_bias: { '-1': 1 } }, '"-1" is no token id'],
    [{ logit_bias: { 5: 101 } }, 'logit_bias: a number from -100 to 100 is needed for token 5'],
    [{ logit_bias: { 5: null } }, 'for token 5'],
    [{ prompt_lookup_num_tokens: 8 }, 'prompt_lookup_num_tokens: a whole number from 0 to 7'],
    [{ response_format: 'json_object' }, 'response_format.type: text, json_object or json_schema'],
    [
      { response_format: { type: 'xml' } },
      'response_format.type: text, json_object or json_schema is needed, not "xml"',
    ],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema: an object'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
      'json_schema.schema: an object',
    ],
    [{ response_format: { type: 'json_schema', json_schema: { schema: {} } } }, 'json_schema.name: a text'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {}, grammar: '' } } },
      'json_schema.grammar is not supported',
    ],
    [{ model: 'gpt-4' }, '"gpt-4" is not open'],
    [{ mixtab: { overflow: 'wrap' } }, 'mixtab.overflow'],
    [{ mixtab: { other: 1 } }, 'mixtab.other'],
    [{ mixtab: { continue: 'yes' } }, 'mixtab.continue: true or false'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'tool', content: '' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'image_url'],
  ])('refuses %j', (extra, words) => {
    expect(() => chat(extra)).toThrow(words);
  });
});

describe('completionBody', () => {
  it('refuses lists of prompts and parameters of chats', () => {
    expect(() => completionBody({ prompt: ['a'] } as never, 'demo')).toThrow('prompt');
    expect(() => completionBody({ prompt: 'a', messages } as never, 'demo')).toThrow('"messages"');
  });
});

describe('answerCount and wantsUsageApart', () => {
  it('take what OpenAI takes', () => {
    expect([{}, { n: null }, { n: 1 }, { n: 128 }].map(extra => answerCount({ messages, ...extra }))).toEqual(
      [1, 1, 1, 128],
    );
    const streams = [undefined, null, {}, { include_usage: false }, { include_usage: true }];
    expect(
      streams.map(options => wantsUsageApart({ prompt: '', stream: true, stream_options: options as never })),
    ).toEqual([false, false, false, false, true]);
  });

  it.each([0, 129, 1.5, '2'])('refuse n = %j', n => {
    expect(() => answerCount({ messages, n } as ChatParams)).toThrow('n: a whole number from 1 to 128');
  });

  it.each([
    [{ stream: false, stream_options: { include_usage: true } }, 'only with stream: true'],
    [{ stream: true, stream_options: true }, 'an object is needed'],
    [{ stream: true, stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
    [{ stream: true, stream_options: { other: true } }, 'stream_options.other'],
  ])('refuse %j', (extra, words) => {
    expect(() => wantsUsageApart({ messages, ...extra } as ChatParams)).toThrow(words);
  });
});
