/** Work that is done only while its part of the page can be seen. */

/** Told of every change; at first it is out of sight. */
export function onSight(element: Element, changed: (isVisible: boolean) => void): void {
  let isVisible = false;
  new IntersectionObserver(
    (entries) => {
      const sees = entries.at(-1)!.isIntersecting;
      if (sees === isVisible) return;
      isVisible = sees;
      changed(sees);
    },
    { rootMargin: '300px' },
  ).observe(element);
}

/**
 * Runs `work` at once and then `pause` ms after it is done, while the element can be seen, the tab too, and `may` says so.
 * Returns a function that runs it now if it may.
 */
export function whileVisible(
  element: Element,
  pause: number,
  may: () => boolean,
  work: (signal: AbortSignal) => Promise<void>,
): () => void {
  let isVisible = false;
  let abort: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(timer);
    abort?.abort();
    abort = undefined;
  };
  const run = () => {
    stop();
    if (!isVisible || document.visibilityState === 'hidden' || !element.isConnected) return;
    const own = new AbortController();
    abort = own;
    const next = () => {
      if (abort === own) timer = setTimeout(run, pause);
    };
    // A server that does not answer is the connection's to tell.
    if (may()) work(own.signal).then(next, next);
    else next();
  };
  onSight(element, (sees) => {
    isVisible = sees;
    run();
  });
  document.addEventListener('visibilitychange', run);
  return run;
}
