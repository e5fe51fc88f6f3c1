import { afterEach, describe, expect, it } from 'vitest';
import { FakeWorker } from '../../test/fake-worker.ts';
import { Engine } from '../src/engine.ts';
import { Link } from '../src/link.ts';
import { Member } from '../src/share/member.ts';
import { FakeBrowser, type FakeTab } from './fake-browser.ts';

const open = {
  pack: 'http://localhost/packs/demo/',
  context: 0,
  expertBudget: 0,
  arithmetic: 'f32' as const,
};
const question = [{ role: 'user' as const, content: 'What is your favourite condiment?' }];
const condiment = /^Well, I'm quite partial to a good squeeze of fresh lemon juice\. .* kitchen!$/;

let engines: Engine[] = [];
afterEach(() => {
  for (const engine of engines) engine.dispose();
  engines = [];
});

/** A browser with an engine that takes `rate` tokens a second, and the workers that ran in it. */
function browser(options: ConstructorParameters<typeof FakeWorker>[0] = {}) {
  const fake = new FakeBrowser();
  const workers: FakeWorker[] = [];
  const engineIn = async (tab: FakeTab, { beat = 1000, expertBudget = 0 } = {}) => {
    const wanted = { ...open, expertBudget };
    const waits: boolean[] = [];
    const restoring: boolean[] = [];
    const downloads: string[] = [];
    const spawn = () => {
      const worker = new FakeWorker(options);
      workers.push(worker);
      return worker;
    };
    const onWaiting = (waiting: boolean) => waits.push(waiting);
    const member = await Member.join(tab, { engine: 'e', open: wanted, spawn, onWaiting, beat });
    const link = new Link(member, event => {
      if (event.type === 'restoring') restoring.push(event.done);
      if (event.type === 'download') downloads.push(event.phase);
    });
    await link.ready;
    const { type: _type, id: _id, ...info } = await link.send({ type: 'open', ...wanted }).answer;
    const engine = new Engine(link, info, open.pack);
    engines.push(engine);
    return { engine, waits, restoring, downloads };
  };
  const living = () => workers.filter(worker => !worker.terminated);
  return { fake, workers, living, engineIn };
}

const ask = async (engine: Engine, params = {}) => {
  const answer = await engine.chat.completions.create({ messages: question, ...params });
  return answer.choices[0]?.message.content;
};

/** Reads an answer's pieces, and does something after the n-th. */
async function read(engine: Engine, after: number, then: () => void) {
  let text = '';
  let pieces = 0;
  let last: { completion_tokens?: number; seed?: number } = {};
  for await (const chunk of await engine.chat.completions.create({
    messages: question,
    stream: true,
  })) {
    text += chunk.choices[0]?.delta.content ?? '';
    if (++pieces === after) then();
    if (chunk.usage) last = { ...chunk.usage, ...chunk.x_mixtab };
  }
  return { text, pieces, last };
}

describe('one engine in several tabs', () => {
  it('is started and opened once, and answers them all', async () => {
    const { fake, workers, engineIn } = browser({ rate: 500 });
    const tabs = await Promise.all([fake.tab(), fake.tab(), fake.tab()].map(tab => engineIn(tab)));
    expect(workers).toHaveLength(1);
    expect(workers[0]?.requests.map(request => request.type)).toEqual(['open']);
    expect(tabs.map(({ engine }) => engine.info.model)).toEqual(['demo', 'demo', 'demo']);
    const answers = await Promise.all(tabs.map(({ engine }) => ask(engine)));
    for (const answer of answers) expect(answer).toMatch(condiment);
  });

  it('is shared by the engines of one page too', async () => {
    const { fake, workers, engineIn } = browser();
    const tab = fake.tab();
    const [one, two] = [await engineIn(tab), await engineIn(tab)];
    await Promise.all([ask(one.engine), ask(two.engine)]);
    expect(workers).toHaveLength(1);
  });

  it('tells of a download who comes meanwhile, and not who comes later', async () => {
    const { fake, engineIn } = browser({ download: 3 });
    const one = await engineIn(fake.tab());
    await expect.poll(() => one.downloads.length).toBe(1);
    const two = await engineIn(fake.tab());
    await expect.poll(() => two.downloads[0]).toBe('downloading');
    await expect.poll(() => two.downloads.at(-1), { timeout: 5000 }).toBe('done');
    const three = await engineIn(fake.tab());
    await ask(three.engine, { max_tokens: 1 });
    expect(three.downloads).toEqual([]);
  });

  it('takes turns, and tells who waits', async () => {
    const { fake, workers, engineIn } = browser({ rate: 400 });
    const [one, two] = [await engineIn(fake.tab()), await engineIn(fake.tab())];
    const many = [1, 2, 3].map(() => ask(one.engine, { max_tokens: 5 }));
    await expect.poll(() => workers[0]?.requests.length).toBe(2);
    const order: string[] = [];
    void many[1]?.then(() => order.push('one'));
    await ask(two.engine, { max_tokens: 5 });
    order.push('two');
    await Promise.all(many);
    expect(order).toEqual(['two', 'one']);
    expect(two.waits).toEqual([true, false]);
  });

  it('overtakes a running answer with its counters', async () => {
    const { fake, engineIn } = browser({ rate: 20 });
    const [one, two] = [await engineIn(fake.tab()), await engineIn(fake.tab())];
    let ended = false;
    const answer = ask(one.engine, { max_tokens: 5 }).then(() => {
      ended = true;
    });
    await two.engine.stats();
    expect(ended).toBe(false);
    await answer;
  });

  it('stops at once what waits for another', async () => {
    const { fake, workers, engineIn } = browser({ rate: 20 });
    const [one, two] = [await engineIn(fake.tab()), await engineIn(fake.tab())];
    const running = ask(one.engine, { max_tokens: 8 });
    await expect.poll(() => workers[0]?.requests.length).toBe(2);
    const signal = AbortSignal.timeout(30);
    const started = performance.now();
    const waiting = two.engine.chat.completions.create({ messages: question }, { signal });
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - started).toBeLessThan(200);
    expect(two.waits).toEqual([true, false]);
    await running;
  });

  it('ends what a tab that is gone had asked for, and serves the next', async () => {
    const { fake, workers, engineIn } = browser({ rate: 50 });
    const one = await engineIn(fake.tab());
    const other = fake.tab();
    const two = await engineIn(other);
    void ask(two.engine).catch(() => {});
    await expect.poll(() => workers[0]?.requests.length).toBe(2);
    other.close();
    expect(await ask(one.engine, { max_tokens: 2 })).toBe("Well, I'm");
    expect(workers[0]?.requests.map(request => request.type)).toEqual(['open', 'chat', 'cancel', 'chat']);
  });

  it('goes on when the tab that started it needs it no longer, and ends with the last', async () => {
    const { fake, workers, living, engineIn } = browser({ rate: 200 });
    const [one, two] = [await engineIn(fake.tab()), await engineIn(fake.tab())];
    const answer = ask(two.engine);
    one.engine.dispose();
    expect(await answer).toMatch(condiment);
    expect(workers).toHaveLength(1);
    two.engine.dispose();
    await expect.poll(living).toEqual([]);
    const three = await engineIn(fake.tab());
    expect(await ask(three.engine)).toMatch(condiment);
  });

  it('is given the expert budget that a later tab asks for, before that tab has it', async () => {
    const { fake, workers, engineIn } = browser();
    await engineIn(fake.tab());
    await engineIn(fake.tab(), { expertBudget: 2 ** 30 });
    await engineIn(fake.tab(), { expertBudget: 2 ** 30 }); // has it already
    await engineIn(fake.tab());
    const asked = workers[0]?.requests.filter(({ type }) => type === 'setExpertBudget');
    expect(asked).toMatchObject([{ bytes: 2 ** 30 }]);
    expect(workers).toHaveLength(1);
  });

  it('is a new one for who comes right after the last has left', async () => {
    const { fake, workers, living, engineIn } = browser();
    const tab = fake.tab();
    (await engineIn(tab)).engine.dispose();
    const { engine } = await engineIn(tab);
    expect(await ask(engine)).toMatch(condiment);
    expect(workers).toHaveLength(2);
    expect(living()).toHaveLength(1);
  });

  it('tells all of its end, and another is started for who asks again', async () => {
    const { fake, workers, engineIn } = browser({ rate: 200, die: 'device_lost' });
    const [one, two] = [await engineIn(fake.tab()), await engineIn(fake.tab())];
    await expect(ask(one.engine)).rejects.toMatchObject({ code: 'device_lost' });
    expect(await two.engine.lost).toMatchObject({ code: 'device_lost' });
    const again = await engineIn(fake.tab());
    expect(again.engine.info.model).toBe('demo');
    expect(workers.filter(worker => !worker.terminated)).toHaveLength(1);
  });

  it('tells every tab when the pack cannot be opened', async () => {
    const { fake, engineIn } = browser({ load: 60, fail: 'bad_pack' });
    const opening = [fake.tab(), fake.tab()].map(tab => engineIn(tab));
    for (const failing of opening) await expect(failing).rejects.toMatchObject({ code: 'bad_pack' });
  });
});

describe('when the leading tab is lost in the middle of an answer', () => {
  it('another leads, and the answer goes on without loss or repetition', async () => {
    const { fake, workers, engineIn } = browser({ rate: 100 });
    const leading = fake.tab();
    await engineIn(leading);
    const { engine, restoring } = await engineIn(fake.tab());
    const { text, pieces, last } = await read(engine, 5, () => leading.close());
    expect(text).toMatch(condiment);
    expect(pieces).toBe((last.completion_tokens ?? 0) + 1);
    expect([restoring[0], restoring.at(-1)]).toEqual([false, true]);
    const chats = workers.map(({ requests }) => requests.find(request => request.type === 'chat'));
    expect(workers).toHaveLength(2);
    expect(chats[0]).toMatchObject({ begun: [], sampling: { seed: last.seed } });
    expect(chats[1]).toMatchObject({ begun: [0, 1, 2, 3, 4], sampling: { seed: last.seed } });
  });

  it('the next gives experts what the last gave', async () => {
    const { fake, workers, engineIn } = browser();
    const leading = fake.tab();
    await engineIn(leading);
    const { engine, restoring } = await engineIn(fake.tab());
    await engine.setExpertBudget(2 ** 31);
    leading.close();
    await expect.poll(() => restoring.at(-1)).toBe(true);
    expect(workers[1]?.requests[0]).toMatchObject({ type: 'open', expertBudget: 2 ** 31 });
  });

  it('so do those that wait, once each', async () => {
    const { fake, engineIn } = browser({ rate: 200 });
    const leading = fake.tab();
    await engineIn(leading);
    const others = await Promise.all([1, 2, 3].map(() => engineIn(fake.tab())));
    const answers = others.map(({ engine }, at) => read(engine, 3, () => at === 0 && leading.close()));
    for (const { text } of await Promise.all(answers)) expect(text).toMatch(condiment);
  });

  it('and when that one is lost too', async () => {
    const { fake, workers, engineIn } = browser({ rate: 100 });
    const tabs = [fake.tab(), fake.tab()];
    for (const tab of tabs) await engineIn(tab);
    const { engine } = await engineIn(fake.tab());
    const lose = () => {
      tabs[0]?.close();
      setTimeout(() => tabs[1]?.close(), 250);
    };
    expect((await read(engine, 3, lose)).text).toMatch(condiment);
    expect(workers).toHaveLength(3);
  });

  it('an answer that is given up meanwhile ends', async () => {
    const { fake, engineIn } = browser({ rate: 100, load: 500 });
    const leading = fake.tab();
    await engineIn(leading);
    const { engine, restoring } = await engineIn(fake.tab());
    const controller = new AbortController();
    const stream = await engine.chat.completions.create(
      { messages: question, stream: true },
      { signal: controller.signal },
    );
    const chunks = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (chunks.length !== 3) continue;
      leading.close();
      void expect
        .poll(() => restoring.length)
        .toBeGreaterThan(0)
        .then(() => controller.abort());
    }
    expect(chunks.at(-1)?.x_mixtab).toMatchObject({ cancelled: true });
    expect(restoring).not.toContain(true);
  });

  it('a frozen one is replaced after a while, and does no harm when it thaws', async () => {
    const { fake, workers, living, engineIn } = browser({ rate: 100 });
    const leading = fake.tab();
    const sleeper = await engineIn(leading, { beat: 30 });
    const { engine } = await engineIn(fake.tab(), { beat: 30 });
    expect((await read(engine, 5, () => leading.freeze())).text).toMatch(condiment);
    expect(workers).toHaveLength(2);
    leading.thaw();
    expect(await ask(sleeper.engine)).toMatch(condiment);
    expect(await ask(engine)).toMatch(condiment);
    expect(living()).toHaveLength(1);
  });

  it('a slow one is not replaced', async () => {
    const { fake, workers, engineIn } = browser({ rate: 3 });
    await engineIn(fake.tab(), { beat: 20 });
    const { engine } = await engineIn(fake.tab(), { beat: 20 });
    await ask(engine, { max_tokens: 2 });
    expect(workers).toHaveLength(1);
  });
});
