import { expect, it } from 'vitest';
import { Sentences } from '../src/text/sentences.ts';

it('hands each sentence out once, when it is complete', () => {
  const sentences = new Sentences('en');
  expect(sentences.update('Hello', false)).toEqual([]);
  expect(sentences.update('Hello there. How', false)).toEqual(['Hello there.']);
  expect(sentences.update('Hello there. How are you? **Fine', false)).toEqual(['How are you?']);
  expect(sentences.update('Hello there. How are you? **Fine**.', true)).toEqual(['Fine .']);
  expect(sentences.update('Hello there. How are you? **Fine**.', true)).toEqual([]);
});
