/** The lines a collector may say about samplers, each at most once per sampler scope and detail. */

/** code → what it means and what to do about it; the texts end up behind the name of the sampler. */
export const SAMPLER_WARNINGS = {
  SAMPLER_INVALID:
    'an entry of the sampler set is no sampler and is left out: it needs scope.name (1 to 255 characters) and sample()',
  SAMPLER_LIMIT: 'is left out until others leave: there are too many samplers',
  SAMPLER_SET: 'the set of samplers could not be read; is globalThis[Symbol.for("metric-samplers.v1")] still a Set?',
  SAMPLER_THREW: 'failed; it will be asked again after a pause',
  SAMPLER_TIMEOUT: 'did not settle within its deadline; it will be asked again when it has',
  SAMPLER_SLOW: 'keeps blocking the event loop and is asked less often',
  SAMPLER_REFUSED: 'put a value that was refused',
  SAMPLER_OVERFLOW: 'has more series than the budget; the rest goes into otel.metric.overflow=true (gauges: nowhere)',
} as const;

export type SamplerWarning = keyof typeof SAMPLER_WARNINGS;

const MAX_REMEMBERED = 1000;
const MAX_DETAIL = 200;

export class Warnings {
  readonly #warn: (code: string, text: string) => void;
  readonly #said = new Set<string>();

  constructor(warn: (code: string, text: string) => void) {
    this.#warn = warn;
  }

  /** Once per code, scope and reason; `detail` is shown, not compared. Never throws. */
  once(code: SamplerWarning, scope = '', reason = '', detail = ''): void {
    const key = JSON.stringify([code, scope, reason]);
    if (this.#said.has(key) || this.#said.size >= MAX_REMEMBERED) return;
    this.#said.add(key);
    const head = scope === '' ? SAMPLER_WARNINGS[code] : `sampler "${quote(scope)}" ${SAMPLER_WARNINGS[code]}`;
    this.#say(code, head + (reason && `: ${reason}`) + (detail && ` (${detail})`));
  }

  #say(code: string, text: string): void {
    try {
      this.#warn(code, text);
    } catch {
      // The listener is the host's own; a collector has nowhere else to complain.
      return;
    }
  }
}

/** One printable line about a thrown value, whatever it is. Never throws. */
export function describe(cause: unknown): string {
  try {
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    return quote(message);
  } catch {
    return 'a value that cannot be shown';
  }
}

/** Shortened, on one line, control characters escaped. */
export function quote(text: string): string {
  const shown = text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text;
  return JSON.stringify(shown).slice(1, -1);
}
