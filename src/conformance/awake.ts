/** Collectors do not keep a process alive; a check that waits for one has to. */

const { setInterval, clearInterval } = globalThis;

/** What `work` gives, with the process kept alive until then. */
export async function awake<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 1000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
