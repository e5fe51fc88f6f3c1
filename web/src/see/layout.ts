// Where the picture of the experts has its cells: a row for each layer, a column for each token.

/** In CSS pixels. */
export interface Layout {
  readonly layers: number;
  /** From one column to the next. */
  readonly column: number;
  /** From one row to the next. */
  readonly row: number;
  /** Left free in each cell, to its neighbours. */
  readonly gap: number;
  /** Of the layers' numbers. */
  readonly left: number;
  /** Of the words below. */
  readonly words: number;
  /** Numbers and words included. */
  readonly height: number;
}

/** As high as its rows need to be told apart, and no higher than a panel has room. */
export function layoutOf(layers: number): Layout {
  const row = Math.min(36, Math.max(14, Math.floor(420 / layers)));
  const column = layers > 12 ? 14 : 18;
  const words = 66;
  return { layers, column, row, gap: 2, left: 26, words, height: layers * row + words };
}

export function widthOf(layout: Layout, tokens: number): number {
  return layout.left + tokens * layout.column;
}

/** The columns that a window onto the picture shows, as from the first one and up to the last. */
export function visible(layout: Layout, scroll: number, width: number, tokens: number): [number, number] {
  const from = Math.floor(scroll / layout.column);
  const to = Math.ceil((scroll + width - layout.left) / layout.column);
  return [Math.min(Math.max(0, from), tokens), Math.max(0, Math.min(to, tokens))];
}

/** The layers whose numbers stand beside the rows: few, and the first and the last. */
export function numbered(layers: number): number[] {
  const step = layers > 12 ? 8 : layers > 6 ? 2 : 1;
  const all = Array.from({ length: layers }, (_, layer) => layer);
  return all.filter(layer => layer === 0 || (layer + 1) % step === 0);
}
