/** The thread that takes and frees requests as fast as it can, through the code that the HTTP probe uses. */
import { parentPort, workerData } from 'node:worker_threads';
import { now } from '../../src/clock.ts';
import { HttpMetrics } from '../../src/probes/http-metrics.ts';
import type { ProbeContext } from '../../src/probes/probe.ts';
import { type Answer, RequestRecord, Requests } from '../../src/probes/request-record.ts';
import { Slots } from '../../src/store/slots.ts';
import { StoreWriter } from '../../src/store/writer.ts';

const { ms } = workerData as { ms: number };
const store = new StoreWriter();
const define: ProbeContext['define'] = (metric, exponential) => store.metric(metric, { name: 'race' }, exponential);
const metrics = new HttpMetrics({ store, define } as ProbeContext);
const requests = new Requests(metrics, new Slots(store.buffer), []);
const answer: Answer = { status: () => 200, aborted: () => false, isEventStream: () => false, isGone: () => false };
parentPort!.postMessage({ buffer: store.buffer });

const open: RequestRecord[] = [];
/** ms: what the integral of requests in flight must be, added up request by request. */
let inFlightTime = 0;
let count = 0;
let lastStart = 0;

function begin(): void {
  let start = now();
  // Two requests of one start could be told apart by nobody.
  while (start === lastStart) start = now();
  lastStart = start;
  // Its start stands in its path, padded to the slot's length by a character that its start decides.
  const path = `/${start}/`.padEnd(118, String.fromCharCode(97 + (count % 26)));
  const record = new RequestRecord(start, 1 + (count % 9), 0, 1, {} as never, {}, answer);
  requests.begin(record, path);
  open.push(record);
  count++;
}

function end(): void {
  const record = open.shift()!;
  const time = now();
  requests.end(record, time);
  inFlightTime += time - record.start;
}

const until = now() + ms;
while (now() < until) {
  for (let i = 0; i < 100; i++) {
    begin();
    if (open.length > 20) end();
  }
}
while (open.length > 0) end();
parentPort!.postMessage({ count, inFlightTime });
