/**
 * Milliseconds of processor time that each task of the page's main thread took meanwhile.
 * Processor time, not the clock's: a busy test machine makes every task long by the clock.
 */
export async function mainThreadTasks(browser, page, meanwhile) {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await meanwhile();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const mainThreads = new Set(
    traceEvents
      .filter(event => event.name === 'thread_name' && event.args?.name === 'CrRendererMain')
      .map(event => `${event.pid} ${event.tid}`),
  );
  return traceEvents
    .filter(
      event =>
        event.ph === 'X' && event.name.endsWith('RunTask') && mainThreads.has(`${event.pid} ${event.tid}`),
    )
    .map(event => (event.tdur ?? event.dur) / 1000);
}
