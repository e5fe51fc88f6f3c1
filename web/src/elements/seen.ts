// When to prepare what is not needed at once.

const waiting = new WeakMap<Element, () => void>();

const observer = new IntersectionObserver(
  entries => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      waiting.get(target)?.();
      unwatch(target);
    }
  },
  // One view's height ahead, where the browser knows it; the types do not yet.
  { scrollMargin: '100% 0%' } as IntersectionObserverInit,
);

/** Calls back once, when an element comes near the view. */
export function whenSeen(element: Element, callback: () => void): void {
  waiting.set(element, callback);
  observer.observe(element);
}

/** No longer calls back. */
export function unwatch(element: Element): void {
  observer.unobserve(element);
  waiting.delete(element);
}

const idle: (() => void)[] = [];
/** Pieces of work in a row, few enough that they do not hold up a frame. */
const row = 4;

/** Calls back when the page has nothing else to do; what was asked for last comes first. */
export function whenIdle(callback: () => void): void {
  idle.push(callback);
  if (idle.length === 1) request(work);
}

function work(): void {
  for (const callback of idle.splice(-row).reverse()) callback();
  if (idle.length > 0) request(work);
}

function request(callback: () => void): void {
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(callback);
  else setTimeout(callback, 20);
}

let last = Promise.resolve();

/** Does one piece of work after the other, each in a task of its own, so that none holds up a frame. */
export function inTurn(work: () => void): void {
  last = last
    .then(() => new Promise<void>(resolve => setTimeout(resolve)))
    .then(work)
    .catch(error => console.error(error));
}
