import { createEngine } from '../../lib/mixtab.js';

const form = document.querySelector('form');
const button = form.querySelector('button');
const status = document.querySelector('[role=status]');
const output = document.querySelector('output');

try {
  const engine = await createEngine({
    pack: new URL('../../packs/demo/', import.meta.url).href,
    onProgress: ({ loadedBytes, totalBytes }) => {
      if (totalBytes > 0) status.textContent = `Loading: ${Math.round((100 * loadedBytes) / totalBytes)} %`;
    },
    onWaiting: waiting => {
      status.textContent = waiting ? 'Waiting for another tab' : 'Ready';
    },
  });
  status.textContent = 'Ready';
  button.disabled = false;
  form.addEventListener('submit', event => {
    event.preventDefault();
    void translate(engine, new FormData(form));
  });
} catch (error) {
  status.textContent = `It did not start: ${error.message}`;
}

async function translate(engine, wish) {
  button.disabled = true;
  output.textContent = '';
  try {
    const stream = await engine.chat.completions.create({
      messages: [
        { role: 'user', content: `How do you say "${wish.get('word')}" in ${wish.get('language')}?` },
      ],
      temperature: 0,
      stream: true,
    });
    for await (const chunk of stream) output.append(chunk.choices[0].delta.content ?? '');
  } catch (error) {
    status.textContent = `No answer: ${error.message}`;
  }
  button.disabled = false;
}
