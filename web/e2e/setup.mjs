// What the tests of a file need around them, started before the first and ended after the last.
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, open } from './browser.mjs';
import { serveElsewhere } from './elsewhere.mjs';
import { startServer } from './server.mjs';
import { serve } from './static-server.mjs';

const fakePage = fileURLToPath(new URL('../build/fake', import.meta.url));

/** Fills an object for the tests; what is started takes its place in the list of what is ended, last first. */
function around(start) {
  const stage = {};
  const ends = [];
  before(async () => {
    stage.browser = await launch();
    ends.push(() => stage.browser.close());
    await start(stage, end => ends.push(end));
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return stage;
}

/** A browser, and the page on an engine that only pretends, which is visited with a query (test/fake-worker.ts). */
export function withFake() {
  return around(async (stage, ending) => {
    const server = await serve(fakePage);
    ending(() => server.close());
    stage.url = server.url;
    stage.visit = (query = '', options = {}) => open(stage.browser, address(server.url, query), options);
  });
}

/** Opening the pretended engine takes no time, if the query says nothing else. */
export function address(url, query = '') {
  return `${url}?${new URLSearchParams({ engine: 'fake', load: '0', ...Object.fromEntries(new URLSearchParams(query)) })}`;
}

/** A browser, and the real server. */
export function withServer() {
  return around((stage, ending) => addServer(stage, ending));
}

/** A browser, the real server, and a site of another origin. */
export function withElsewhere() {
  return around(async (stage, ending) => {
    await addServer(stage, ending);
    stage.elsewhere = await serveElsewhere(stage.server);
    ending(() => stage.elsewhere.close());
  });
}

async function addServer(stage, ending) {
  stage.server = await startServer();
  ending(() => stage.server.close());
}
