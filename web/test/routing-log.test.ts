import { describe, expect, it } from 'vitest';
import { RoutingLog } from '../src/state/routing-log.ts';

const shape = { layers: 2, experts: 8, expertsPerToken: 2 };

/** Token i of its answer goes through experts i and i + 1 of each layer; the second of layer 0 is loaded. */
function routing(index: number) {
  const [a, b] = [index % 8, (index + 1) % 8];
  return { index, experts: [a, b, a, b], weights: [0.75, 0.25, 0.5, 0.5], loads: [1] };
}

describe('RoutingLog', () => {
  it('tells what was added, by token, layer and rank', () => {
    const log = new RoutingLog(shape);
    log.add(7, routing(0));
    log.add(7, routing(1));
    expect([log.first, log.end, log.size]).toEqual([0, 2, 2]);
    expect([log.answer(1), log.index(1)]).toEqual([7, 1]);
    expect([log.expert(1, 0, 0), log.expert(1, 1, 1)]).toEqual([1, 2]);
    expect([log.weight(0, 0, 0), log.weight(0, 0, 1), log.weight(0, 1, 0)]).toEqual([0.75, 0.25, 0.5]);
    expect([0, 1].map(rank => log.loaded(0, 0, rank))).toEqual([false, true]);
    expect(log.loaded(0, 1, 1)).toBe(false);
    expect([...log.usage]).toEqual([2, 4, 2, 0, 0, 0, 0, 0]);
  });

  it('keeps the last tokens only, and counts only those', () => {
    const log = new RoutingLog(shape, 4);
    for (let index = 0; index < 10; index++) log.add(1, routing(index));
    expect([log.first, log.end, log.size]).toEqual([6, 10, 4]);
    expect([6, 7, 8, 9].map(token => log.index(token))).toEqual([6, 7, 8, 9]);
    expect(log.expert(9, 1, 0)).toBe(1);
    expect([...log.usage]).toEqual([4, 4, 2, 0, 0, 0, 2, 4]);
    expect(log.usage.reduce((sum, uses) => sum + uses)).toBe(4 * shape.layers * shape.expertsPerToken);
  });

  it('forgets that a token which was here before had something loaded', () => {
    const log = new RoutingLog(shape, 1);
    log.add(1, routing(0));
    log.add(1, { ...routing(1), loads: [] });
    expect(log.loaded(1, 0, 1)).toBe(false);
  });

  it('finds the token of an answer while it is here', () => {
    const log = new RoutingLog(shape, 3);
    for (const answer of [1, 2]) for (let index = 0; index < 2; index++) log.add(answer, routing(index));
    expect(log.find(2, 0)).toBe(2);
    expect(log.find(1, 1)).toBe(1);
    expect(log.find(1, 0)).toBeUndefined();
    expect(log.find(3, 0)).toBeUndefined();
  });

  it('refuses the routing of another model', () => {
    const log = new RoutingLog(shape);
    expect(() => log.add(1, { ...routing(0), experts: [0, 1] })).toThrow('2 experts and 4 weights');
    expect(log.size).toBe(0);
  });
});
