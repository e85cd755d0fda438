/** An OTLP adapter with the environment that a test wants, and a pipeline of a few lines that pushes to it. */
import createOtlp, { type OtlpOptions } from '../../adapters/otlp.ts';
import type { Adapter, Outcome } from '../../src/reporter/adapter.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';

export interface Destination {
  readonly adapter: Adapter;
  readonly counts: { [outcome in Outcome]: number };
  readonly lines: string[];
  /** Rejects as the adapter does. */
  push(snapshot: Snapshot, limit?: number): Promise<void>;
}

export interface DestinationOptions {
  readonly interval?: number;
  readonly options?: OtlpOptions;
}

/** The exporters read `process.env` when they are made, so one adapter is made at a time. */
let turn: Promise<unknown> = Promise.resolve();

export function openDestination(
  environment: Readonly<Record<string, string>>,
  given: DestinationOptions = {},
): Promise<Destination> {
  const opened = turn.then(() => open(environment, given));
  turn = opened.catch(() => undefined);
  return opened;
}

async function open(
  environment: Readonly<Record<string, string>>,
  { interval = 60_000, options }: DestinationOptions,
): Promise<Destination> {
  const counts = { sent: 0, failed: 0, dropped: 0, unknown: 0, spooled: 0 };
  const lines: string[] = [];
  Object.assign(process.env, environment);
  try {
    const adapter = await createOtlp(options, {
      interval,
      snapshot: () => Promise.reject(new Error('a pushing adapter does not ask')),
      count: (outcome, points) => {
        counts[outcome] += points;
      },
      log: (line) => lines.push(line),
    });
    const push = (snapshot: Snapshot, limit = 30_000) => adapter.push!(snapshot, AbortSignal.timeout(limit));
    return { adapter, counts, lines, push };
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
  }
}
