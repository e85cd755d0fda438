/** Follows what foreign code returned, promise or not, without trusting any of it. */

const { Promise: NativePromise } = globalThis;
const { then: nativeThen } = NativePromise.prototype;
const ignore = (): void => undefined;

/**
 * Calls `done` once: at once when `value` is no thenable, else when it settles, which may be never. A value that the
 * thenable resolves with is not looked at: one that resolves with itself would loop for ever. Never throws.
 */
export function follow(value: unknown, done: (error?: { cause: unknown }) => void): void {
  let open = true;
  const once = (error?: { cause: unknown }): void => {
    if (!open) return;
    open = false;
    done(error);
  };
  try {
    const then = (typeof value === 'object' && value !== null) || typeof value === 'function' ? readThen(value) : null;
    if (typeof then !== 'function') {
      once();
      return;
    }
    const heard: unknown = then.call(
      value,
      () => once(),
      (cause: unknown) => once({ cause }),
    );
    // A hand-written `then` may be async and reject: unheard, that would end the process.
    if (heard instanceof NativePromise) nativeThen.call(heard, ignore, (cause: unknown) => once({ cause }));
  } catch (cause) {
    once({ cause });
  }
}

function readThen(value: object): unknown {
  return (value as { then?: unknown }).then;
}
