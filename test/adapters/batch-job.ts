/** The fixture `batch-job`, under the preload, from start to end. */
import { fileURLToPath } from 'node:url';
import { PRELOAD, type Run, run } from '../reporter/app.ts';

const JOB = fileURLToPath(new URL('../fixtures/batch-job.js', import.meta.url));

/** `url`: of the Pushgateway. The machine may be busy, so the end may take long. */
export function runJob(url: string, env: Record<string, string> = {}): Promise<Run> {
  return run(process.execPath, [...PRELOAD, JOB], {
    OTEL_METRICS_EXPORTER: 'pushgateway',
    LOADLINE_PUSHGATEWAY_URL: url,
    LOADLINE_EXIT_FLUSH: '10000',
    LOADLINE_STALL_THRESHOLD: '60000',
    ...env,
  });
}
