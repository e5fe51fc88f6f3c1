// Draws the routing of tokens. A cell is as high as its row; the two experts share it by their
// weights, the stronger one below.

import type { RoutingLog } from '../state/routing-log.ts';
import { type Layout, numbered } from './layout.ts';
import { short } from './words.ts';

/** The colours and the type of a theme. */
export interface Look {
  readonly experts: readonly string[];
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly accent: string;
  readonly font: string;
}

/** What the picture shows of the log, and what of it is pointed at. */
export interface View {
  readonly log: RoutingLog;
  readonly layout: Layout;
  /** Tokens by their numbers in the log, up to (not including) to. */
  readonly from: number;
  readonly to: number;
  /** Where the first of them begins, in CSS pixels. */
  readonly x: number;
  readonly width: number;
  readonly cell: { readonly token: number; readonly layer: number | undefined } | undefined;
  /** The text of a token, "" where it is not known. */
  text(token: number): string;
}

/** Between the two experts of a cell. */
const seam = 1;

/** Of an outline. */
const line = 1.25;

/** How many characters of a token stand below its column. */
const wordLength = 9;

/** The look of the theme that holds in an element's shadow root; the canvas does not know of custom properties. */
export function lookOf(root: ParentNode & Node, experts: number): Look {
  const probe = document.createElement('span');
  root.append(probe);
  const style = getComputedStyle(probe);
  const value = (name: string) => {
    probe.style.color = `var(${name})`;
    return style.color;
  };
  const look = {
    experts: Array.from({ length: experts }, (_, expert) => value(`--expert-${colour(expert)}`)),
    paper: value('--paper'),
    ink: value('--ink'),
    muted: value('--muted'),
    accent: value('--accent'),
    font: style.fontFamily,
  };
  probe.remove();
  return look;
}

/** There are eight colours, from 1; a model of more experts has some twice. */
export function colour(expert: number): number {
  return (expert % 8) + 1;
}

export function draw(context: CanvasRenderingContext2D, view: View, look: Look): void {
  const { layout, width } = view;
  context.save();
  context.fillStyle = look.paper;
  context.fillRect(0, 0, width, layout.height);
  context.save();
  context.beginPath();
  context.rect(layout.left, 0, width - layout.left, layout.height);
  context.clip();
  for (let token = view.from; token < view.to; token++) {
    drawColumn(context, view, look, token, view.x + (token - view.from) * layout.column);
  }
  context.restore();
  drawNumbers(context, view, look);
  context.restore();
}

function drawColumn(
  context: CanvasRenderingContext2D,
  view: View,
  look: Look,
  token: number,
  x: number,
): void {
  const { log, layout, cell } = view;
  const { column, row, gap, layers } = layout;
  const pointed = cell?.token === token;
  if (pointed) {
    context.fillStyle = look.accent;
    context.globalAlpha = 0.18;
    context.fillRect(x - gap / 2, 0, column, layout.height);
    context.globalAlpha = 1;
  }
  if (token > log.first && log.answer(token) !== log.answer(token - 1)) {
    context.fillStyle = look.muted;
    context.fillRect(x - gap / 2 - 0.5, 0, 1, layout.height);
  }
  for (let layer = 0; layer < layers; layer++) {
    drawCell(context, view, look, token, layer, x);
  }
  if (pointed && cell.layer !== undefined) {
    context.strokeStyle = look.accent;
    context.lineWidth = 2;
    context.strokeRect(x - gap / 2, cell.layer * row + gap / 2 - 1, column, row);
  }
  drawWord(context, view, look, token, x);
}

function drawCell(
  context: CanvasRenderingContext2D,
  { log, layout }: View,
  look: Look,
  token: number,
  layer: number,
  x: number,
): void {
  const width = layout.column - layout.gap;
  const height = layout.row - layout.gap;
  let bottom = layer * layout.row + layout.gap / 2 + height;
  for (let rank = 0; rank < log.shape.expertsPerToken; rank++) {
    const share = height * log.weight(token, layer, rank);
    const top = bottom - share + (rank + 1 < log.shape.expertsPerToken ? seam : 0);
    const color = look.experts[log.expert(token, layer, rank)] ?? look.muted;
    const place = [x, top, width, bottom - top] as const;
    if (log.loaded(token, layer, rank)) hollow(context, color, look.paper, ...place);
    else fill(context, color, ...place);
    bottom -= share;
  }
}

function fill(
  context: CanvasRenderingContext2D,
  color: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.fillStyle = color;
  context.fillRect(x, y, width, height);
}

/** An outline with a tint inside: what was not there yet. */
function hollow(
  context: CanvasRenderingContext2D,
  color: string,
  paper: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  fill(context, color, x, y, width, height);
  context.globalAlpha = 0.62;
  fill(context, paper, x + line, y + line, width - 2 * line, Math.max(0, height - 2 * line));
  context.globalAlpha = 1;
}

/** Reads upwards, as a column is narrower than a word. */
function drawWord(context: CanvasRenderingContext2D, view: View, look: Look, token: number, x: number): void {
  const { layout, cell } = view;
  context.save();
  context.translate(x + (layout.column - layout.gap) / 2, layout.layers * layout.row + 6);
  context.rotate(-Math.PI / 2);
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.font = `${cell?.token === token ? 600 : 400} 11px ${look.font}`;
  context.fillStyle = cell?.token === token ? look.ink : look.muted;
  context.fillText(short(view.text(token), wordLength), 0, 0.5);
  context.restore();
}

function drawNumbers(context: CanvasRenderingContext2D, { layout }: View, look: Look): void {
  context.font = `11px ${look.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = look.muted;
  for (const layer of numbered(layout.layers)) {
    context.fillText(String(layer + 1), layout.left - 7, (layer + 0.5) * layout.row);
  }
}
