/**
 * What the official exporters only say in OpenTelemetry's diagnostics: which settings they did not understand, and that
 * a backend took a request in part, which counts as success for them. The diagnostics are global, and those of the
 * reporter thread belong to loadline alone.
 */
import type { DiagAPI, DiagLogLevel } from '@opentelemetry/api';

/** `ExportMetricsPartialSuccess` of the OTLP definitions. */
export interface PartialSuccess {
  /** Points that the backend refused. */
  readonly rejected: number;
  readonly message: string;
}

export interface DiagnosticsApi {
  readonly diag: DiagAPI;
  readonly DiagLogLevel: typeof DiagLogLevel;
}

const PARTIAL_SUCCESS = 'Received Partial Success response:';

let partial: PartialSuccess | undefined;

/** Warnings go to `log` from now on, each as one line that begins with `otlp: `. */
export function listenToDiagnostics({ diag, DiagLogLevel }: DiagnosticsApi, log: (line: string) => void): void {
  const say = (...parts: unknown[]) => {
    const at = parts.indexOf(PARTIAL_SUCCESS);
    if (at >= 0) partial = readPartialSuccess(parts[at + 1]);
    else log(`otlp: ${parts.filter(isTelling).map(textOf).join(' ')}`);
  };
  const ignore = () => undefined;
  const logger = { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

/** The one of the export whose result callback is running: the exporter announces it just before. Forgets it. */
export function takePartialSuccess(): PartialSuccess | undefined {
  const taken = partial;
  partial = undefined;
  return taken;
}

/** In JSON an int64 is a text. */
function readPartialSuccess(json: unknown): PartialSuccess | undefined {
  try {
    const { rejectedDataPoints, errorMessage } = JSON.parse(String(json));
    const rejected = Number(rejectedDataPoints ?? 0);
    return { rejected: rejected > 0 ? rejected : 0, message: String(errorMessage ?? '') };
  } catch {
    // Not what the definitions say, so it tells nothing.
    return undefined;
  }
}

function isTelling(part: unknown): boolean {
  return typeof part === 'string' || part instanceof Error;
}

function textOf(part: unknown): string {
  return part instanceof Error ? part.message : String(part);
}
