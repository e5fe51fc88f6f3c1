// The seen tokens as files: a picture to show, and the numbers to work on.

import type { RoutingLog } from '../state/routing-log.ts';
import type { SeenToken } from '../state/see-store.ts';
import { layoutOf, widthOf } from './layout.ts';
import { draw, type Look } from './picture.ts';

/** What is exported, and of which model. */
export interface Export {
  readonly log: RoutingLog;
  readonly model: string;
  readonly date: Date;
  token(number: number): SeenToken | undefined;
}

/** Browsers make canvases up to this width and more; older tokens are left out of the picture. */
const widest = 16_000;

/** In device pixels for one of CSS, so that print is sharp. */
export const pictureScale = 2;

/** Room around the picture, and above it for the title. */
const margin = 16;
const title = 36;
const legend = 36;

/** For example "mixtab-experts-demo-2026-11-29.png". */
export function fileName({ model, date }: Export, ending: 'png' | 'json'): string {
  const name = model
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '');
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return `mixtab-experts-${name}-${day.map(part => String(part).padStart(2, '0')).join('-')}.${ending}`;
}

/** Every token with each layer's experts, their weights, and whether they had to be loaded; all count from 0. */
export function toJson({ log, model, date, token: tokenOf }: Export): string {
  const { layers, experts, expertsPerToken } = log.shape;
  const tokens = [];
  for (let token = log.first; token < log.end; token++) {
    const { text, logprob, top } = tokenOf(token) ?? { text: null };
    tokens.push({
      answer: log.answer(token),
      index: log.index(token),
      text,
      ...(logprob !== undefined && { logprob, top_logprobs: top }),
      layers: Array.from({ length: layers }, (_, layer) =>
        Array.from({ length: expertsPerToken }, (_, rank) => ({
          expert: log.expert(token, layer, rank),
          weight: log.weight(token, layer, rank),
          loaded: log.loaded(token, layer, rank),
        })),
      ),
    });
  }
  return JSON.stringify(
    { model, date: date.toISOString(), layers, experts, expertsPerToken, tokens },
    null,
    1,
  );
}

/** The size of the picture in device pixels, and its first token. */
export function pictureSize(log: RoutingLog): { width: number; height: number; from: number } {
  const layout = layoutOf(log.shape.layers);
  const room = Math.floor((widest / pictureScale - 2 * margin - layout.left) / layout.column);
  const tokens = Math.min(log.size, room);
  const width = Math.max(widthOf(layout, tokens), log.shape.experts * 44) + 2 * margin;
  return {
    width: width * pictureScale,
    height: (title + layout.height + legend + margin) * pictureScale,
    from: log.end - tokens,
  };
}

/** A picture of the last tokens, as many as it has room for, with the colours' meaning. */
export function toPng(what: Export, look: Look): Promise<Blob> {
  const { log, model, date } = what;
  const layout = layoutOf(log.shape.layers);
  const { width, height, from } = pictureSize(log);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('export: the browser gives no canvas to draw the picture on');
  context.scale(pictureScale, pictureScale);
  context.fillStyle = look.paper;
  context.fillRect(0, 0, width, height);
  context.fillStyle = look.ink;
  context.font = `600 13px ${look.font}`;
  context.textBaseline = 'middle';
  context.fillText(`${model}, ${date.toISOString().slice(0, 10)}`, margin, title / 2 + 2);
  context.translate(margin, title);
  draw(
    context,
    {
      ...{ log, layout, from, to: log.end, x: layout.left, cell: undefined },
      width: width / pictureScale - 2 * margin,
      text: token => what.token(token)?.text ?? '',
    },
    look,
  );
  drawLegend(context, look, layout.height + legend / 2);
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => {
      if (blob) resolve(blob);
      else
        reject(new Error('export: the browser could not make the picture; there may be too little memory'));
    }, 'image/png');
  });
}

function drawLegend(context: CanvasRenderingContext2D, look: Look, y: number): void {
  context.font = `12px ${look.font}`;
  context.textAlign = 'left';
  for (const [expert, colour] of look.experts.entries()) {
    context.fillStyle = colour;
    context.fillRect(expert * 44, y - 6, 12, 12);
    context.fillStyle = look.ink;
    context.fillText(String(expert + 1), expert * 44 + 18, y + 0.5);
  }
}
