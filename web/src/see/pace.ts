/** Tokens that a figure of speed is taken over. */
const span = 8;

/**
 * Tokens per second along an answer, at most so many figures, from the times when its tokens came in
 * milliseconds. Empty while there are too few tokens for a course to say more than one figure.
 */
export function pace(arrivals: readonly number[], figures: number): number[] {
  const last = arrivals.length - 1;
  if (last < 2 * span) return [];
  const count = Math.min(figures, last - span + 1);
  const speeds = [];
  for (let i = 0; i < count; i++) {
    const end = span + Math.round((i * (last - span)) / Math.max(1, count - 1));
    const ms = (arrivals[end] ?? 0) - (arrivals[end - span] ?? 0);
    if (ms > 0) speeds.push((span * 1000) / ms);
  }
  return speeds;
}
