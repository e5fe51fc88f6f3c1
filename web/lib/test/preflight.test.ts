import { describe, expect, it } from 'vitest';
import { FakeWorker } from '../../test/fake-worker.ts';
import { createEngine, preflight } from '../src/index.ts';

const pack = 'http://localhost/packs/demo';

/** A worker that tells when it was ended. */
class MortalWorker extends FakeWorker {
  ended = false;
  override terminate(): void {
    this.ended = true;
    super.terminate();
  }
}

describe('preflight', () => {
  it('asks a worker of its own, and ends it', async () => {
    const worker = new MortalWorker({ rate: 20 });
    const report = await preflight(pack, { expertBudget: 2 ** 32, worker: () => worker });
    expect(worker.requests).toEqual([{ type: 'preflight', id: 1, pack: `${pack}/`, expertBudget: 2 ** 32 }]);
    expect(report).toMatchObject({ regime: 'resident', expertBytes: 2 ** 32, tokensPerSecond: 20 });
    expect(report).not.toHaveProperty('id');
    expect(worker.ended).toBe(true);
  });

  it('leaves the budget to the engine, and ends the worker of a failure too', async () => {
    const worker = new MortalWorker({ fail: 'network' });
    await expect(preflight(pack, { worker: () => worker })).rejects.toMatchObject({ code: 'network' });
    expect(worker.requests[0]).toMatchObject({ expertBudget: 0 });
    expect(worker.ended).toBe(true);
  });

  it('can be given up', async () => {
    const worker = new MortalWorker({ load: 10_000 });
    const controller = new AbortController();
    const { signal } = controller;
    const measuring = preflight(pack, { worker: () => worker, signal });
    await expect.poll(() => worker.requests.length).toBe(1);
    controller.abort();
    await expect(measuring).rejects.toMatchObject({ name: 'AbortError' });
    expect(worker.ended).toBe(true);
  });

  it('refuses what is no budget and no address, and starts nothing for it', async () => {
    const worker = () => expect.unreachable('a worker was started');
    const bad = { code: 'bad_request' };
    await expect(preflight(pack, { expertBudget: -1, worker })).rejects.toMatchObject(bad);
    await expect(preflight('http://', { worker })).rejects.toMatchObject(bad);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(preflight(pack, { signal, worker })).rejects.toThrow('enough');
  });
});

describe('engine.preflight', () => {
  it("is of the engine's pack or another, after the answer that runs", async () => {
    const worker = new FakeWorker({ rate: 50 });
    const engine = await createEngine({ pack, worker: () => worker });
    let answered = false;
    const running = engine.completions.create({ prompt: 'one two', max_tokens: 3 }).then(() => {
      answered = true;
    });
    expect(await engine.preflight()).toMatchObject({ regime: 'resident', tokensPerSecond: 50 });
    expect(answered).toBe(true);
    await running;
    await engine.preflight('http://localhost/packs/other/', { expertBudget: 7 });
    expect(worker.requests.slice(2)).toMatchObject([
      { type: 'preflight', pack: `${pack}/`, expertBudget: 0 },
      { type: 'preflight', pack: 'http://localhost/packs/other/', expertBudget: 7 },
    ]);
    engine.dispose();
  });

  it('is cancelled by its signal, and the engine goes on', async () => {
    const worker = new FakeWorker({ load: 50 });
    const engine = await createEngine({ pack, worker: () => worker });
    const controller = new AbortController();
    const measuring = engine.preflight(pack, { signal: controller.signal });
    await expect.poll(() => worker.requests.length).toBe(2);
    controller.abort();
    await expect(measuring).rejects.toMatchObject({ name: 'AbortError' });
    expect(worker.requests[2]).toEqual({ type: 'cancel', id: 2 });
    expect(await engine.tokenize('a')).toHaveLength(1);
    engine.dispose();
  });
});
