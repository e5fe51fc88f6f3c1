/** The sentences of a growing text, each handed out once, when it is complete. */
export class Sentences {
  readonly #segmenter: Intl.Segmenter;
  #done = 0;

  constructor(language: string) {
    this.#segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
  }

  /** Returns what became complete; at the end, all that is left. */
  update(text: string, ended: boolean): string[] {
    const rest = text.slice(this.#done);
    const segments = [...this.#segmenter.segment(rest)];
    if (!ended) segments.pop(); // It may still grow.
    this.#done += segments.reduce((length, { segment }) => length + segment.length, 0);
    return segments.map(({ segment }) => spoken(segment)).filter(sentence => sentence !== '');
  }
}

/** Markdown's marks are not for the ear. */
function spoken(sentence: string): string {
  return sentence
    .replace(/[*_`~#>|]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
