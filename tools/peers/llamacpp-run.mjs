// Runs llama.cpp on a GGUF file, in a process of its own that starts in the scratch folder,
// where its packages are. Answers each line of standard input with one run of prefill and
// greedy decoding, as a line of JSON. llama.cpp's log goes to standard error.
//
//	node llamacpp-run.mjs vulkan|cpu FILE '[prompt ids]' TOKENS
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(pathToFileURL(`${process.cwd()}/`));
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(resolve('node-llama-cpp')));
const [backend, modelPath, ids, gen] = process.argv.slice(2);
const prompt = JSON.parse(ids);

const llama = await getLlama({
  gpu: backend === 'vulkan' ? 'vulkan' : false,
  build: 'never',
  skipDownload: true,
  vramPadding: 0,
  logLevel: LlamaLogLevel.debug,
  logger: (_, message) => process.stderr.write(`${message}\n`),
});
const unsafe = { ignoreMemorySafetyChecks: true };
const model = await llama.loadModel({ modelPath, gpuLayers: backend === 'vulkan' ? 'max' : 0, ...unsafe });
// With flash attention its Vulkan backend crashes on Mesa 22.3's lavapipe.
const context = await model.createContext({
  contextSize: 512,
  batchSize: 512,
  threads: availableParallelism(),
  flashAttention: false,
  ...unsafe,
});
const sequence = context.getSequence();

for await (const _ of createInterface({ input: process.stdin })) {
  await sequence.clearHistory();
  const tokens = [];
  const start = performance.now();
  let first;
  for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    first ??= performance.now();
    tokens.push(token);
    if (tokens.length === Number(gen)) break;
  }
  const prefill = (1000 * prompt.length) / (first - start);
  const decode = (1000 * (tokens.length - 1)) / (performance.now() - first);
  console.log(JSON.stringify({ prefill, decode, tokens }));
}
process.exit(0);
