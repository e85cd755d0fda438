/**
 * The OTLP adapter: metrics to an OpenTelemetry collector or backend through the official exporters, over HTTP with
 * protobuf (default) or JSON, or gRPC. Address, headers, compression, timeout and certificates are the exporters' own
 * environment variables.
 */
import type { AdapterContext, AdapterFactory } from '../src/reporter/adapter.ts';
import type { Snapshot } from '../src/snapshot/snapshot.ts';
import { OtlpConnection } from './otlp-connection.ts';
import { type ExportOutcome, loadExporter, type OtlpExporter } from './otlp-exporter.ts';
import { type Mapped, resourceAttributes, toScopeMetrics } from './otlp-metrics.ts';
import { askedWait, describeFailure, type Fate, fateOfAttempts, fateOfCall } from './otlp-outcome.ts';
import { type OtlpOptions, type OtlpSettings, readSettings } from './otlp-settings.ts';

export type { OtlpOptions } from './otlp-settings.ts';

/** How many metrics that were left out are named on stderr, each once. */
const MAX_TOLD = 50;

const createOtlp: AdapterFactory<OtlpOptions | undefined> = async (options, context) => {
  const settings = readSettings(options ?? {}, process.env, context.interval);
  for (const problem of settings.problems) context.log(problem);
  const connection = new OtlpConnection(settings.temporality === 'cumulative');
  const exporter = await loadExporter(settings, connection, context.log);
  const destination = new Destination(settings, connection, exporter, context);
  return {
    wants: { temporality: settings.temporality, perProcess: true },
    push: (snapshot, signal) => destination.push(snapshot, signal),
    close: (signal) => destination.close(signal),
  };
};

export default createOtlp;

class Destination {
  readonly #settings: OtlpSettings;
  readonly #connection: OtlpConnection;
  readonly #exporter: OtlpExporter;
  readonly #context: AdapterContext;
  readonly #told = new Set<string>();
  /** ms, monotonic: the backend asked not to be called before. */
  #notBefore = 0;
  #closing: Promise<void> | undefined;

  constructor(settings: OtlpSettings, connection: OtlpConnection, exporter: OtlpExporter, context: AdapterContext) {
    this.#settings = settings;
    this.#connection = connection;
    this.#exporter = exporter;
    this.#context = context;
  }

  async push(snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const wait = this.#notBefore - performance.now();
    if (wait > 0) throw new Error(`otlp: the backend asked to wait ${Math.ceil(wait / 1e3)} s more`);
    const mapped = toScopeMetrics(snapshot, this.#settings, this.#exporter.vocabulary);
    if (mapped.points > 0) await this.#deliver(snapshot, mapped, signal);
    this.#countOmissions(mapped);
  }

  close(signal: AbortSignal): Promise<void> {
    this.#closing ??= this.#close(signal);
    return this.#closing;
  }

  async #close(signal: AbortSignal): Promise<void> {
    this.#connection.close();
    await withinSignal(this.#exporter.shutdown(), signal);
  }

  /** Rejects when nothing was taken. With totals, what was never answered is settled by the next ones. */
  async #deliver({ resource }: Snapshot, { scopeMetrics, points }: Mapped, signal: AbortSignal): Promise<void> {
    const send = () => this.#exporter.send(resourceAttributes(resource), scopeMetrics);
    const { delivery, sending } = this.#connection.deliver(send);
    const outcome = await withinSignal(sending, signal);
    const attempts = delivery.end();
    const wait = askedWait(outcome?.failure, attempts);
    if (wait !== undefined) this.#notBefore = performance.now() + wait;
    if (outcome !== undefined && outcome.failure === undefined) return this.#countTaken(points, outcome);
    const reason = `otlp: ${describeFailure(outcome?.failure, attempts)}`;
    const fate = this.#settings.protocol === 'grpc' ? fateOfLateCall(outcome) : fateOfAttempts(attempts);
    if (fate === 'taken') return this.#context.count('sent', points);
    if (fate === 'refused' || this.#settings.temporality === 'cumulative') throw new Error(reason);
    this.#context.count('unknown', points);
    this.#context.log(`${reason}; whether the backend has these numbers cannot be known`);
  }

  #countTaken(points: number, { partial }: ExportOutcome): void {
    const rejected = Math.min(partial?.rejected ?? 0, points);
    if (rejected < points) this.#context.count('sent', points - rejected);
    if (rejected > 0) this.#context.count('dropped', rejected);
    if (partial === undefined || (rejected === 0 && partial.message === '')) return;
    this.#context.log(`otlp: the backend refused ${rejected} of ${points} points: ${JSON.stringify(partial.message)}`);
  }

  #countOmissions({ omissions }: Mapped): void {
    for (const { metric, reason, points } of omissions) {
      this.#context.count('dropped', points);
      if (this.#told.has(metric) || this.#told.size >= MAX_TOLD) continue;
      this.#told.add(metric);
      this.#context.log(`otlp: ${JSON.stringify(metric)} is left out (${points} series): ${reason}`);
    }
  }
}

/** A call cannot be taken back, so one that has no outcome when time is up may still arrive. */
function fateOfLateCall(outcome: ExportOutcome | undefined): Fate {
  return outcome?.failure ? fateOfCall(outcome.failure) : 'unanswered';
}

/** `undefined` when the signal aborts first. A rejection that comes after that is of no consequence. */
function withinSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
